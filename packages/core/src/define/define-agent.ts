import { type AgentDefinition, DefinitionError, levelNumber } from '@bailiwick/contract'
import { checkDefinition } from './check-definition.ts'

/**
 * An agent as data, checked and frozen. Nothing runs.
 *
 * @throws DefinitionError that names everything that is wrong with it.
 * @example
 * export default defineAgent({
 *   name: 'summariser',
 *   description: 'Makes one paragraph out of a text.',
 *   level: 'processor',
 * })
 */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  const problems = checkDefinition(definition)
  if (problems.length > 0) {
    throw new DefinitionError(
      `agent ${JSON.stringify(definition.name)} cannot work:\n- ${problems.join('\n- ')}`,
    )
  }
  return Object.freeze({ ...definition, level: levelNumber(definition.level) })
}
