import { type AgentCard, type AgentDefinition, levelNumber } from '@bailiwick/contract'
import { nameOf } from '../levels/grant.ts'
import { outputSchema } from '../schemas/output-schema.ts'

/** A definition as data, without code: what its host announces. */
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
