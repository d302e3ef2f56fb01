import type { AgentDefinition, Grant, Level } from '@bailiwick/contract'
import { ownTools } from '../src/definition/check-in-process.ts'

/** Everything that a definition brings with it. */
export function grantOf(definition: AgentDefinition, level: Level = 5): Grant {
  const tools = ownTools(definition).map(({ run: _, ...card }) => card)
  return { level, tools, delegates: [], imports: [], budget: {}, approval: 'never' }
}
