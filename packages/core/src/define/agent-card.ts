import { type AgentCard, type AgentDefinition, levelNumber } from '@bailiwick/contract'
import { outputSchema } from '../schemas/output-schema.ts'

/** A definition as it is announced: names and numbers, no code. */
export function agentCard(definition: AgentDefinition): AgentCard {
  const { name, description, model, tools = [], delegates = [], imports = [], budget, approval } = definition
  const output = outputSchema(definition)
  return {
    name,
    description,
    level: levelNumber(definition.level),
    tools: tools.map(nameOf),
    delegates: delegates.map(nameOf),
    imports,
    ...(typeof model === 'string' && { model }),
    ...(output && { output }),
    ...(budget && { budget }),
    ...(approval && { approval }),
  }
}

/** The name of a tool or delegate, however it is given. */
export function nameOf(named: string | { name: string }): string {
  return typeof named === 'string' ? named : named.name
}
