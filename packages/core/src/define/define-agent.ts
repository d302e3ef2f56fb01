import { z } from 'zod'
import type { AgentCard, AgentDefinition } from '../contract/agent.ts'
import type { JsonSchema } from '../contract/json.ts'
import { levelSchema } from '../contract/level.ts'
import { DefinitionError } from '../errors/definition-error.ts'
import { definitionProblems, nameOf } from './check-definition.ts'

/**
 * Checks a definition and returns it, frozen. Nothing runs; no model is asked, no tool called.
 *
 * @throws DefinitionError that lists everything wrong with it
 * @example
 * export default defineAgent({
 *   name: 'geographer',
 *   description: 'Answers questions about countries.',
 *   level: 'code',
 *   tools: [population],
 * })
 */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  const problems = definitionProblems(definition)
  if (problems.length > 0) {
    const name = typeof definition?.name === 'string' ? ` "${definition.name}"` : ''
    throw new DefinitionError(
      `agent${name} cannot work:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    )
  }
  return Object.freeze({ ...definition })
}

/** A definition as it is announced: names and numbers, no code. */
export function agentCard(definition: AgentDefinition): AgentCard {
  const { name, description, model } = definition
  const output = outputSchema(definition)
  return {
    name,
    description,
    level: levelSchema.parse(definition.level),
    tools: (definition.tools ?? []).map(nameOf),
    delegates: (definition.delegates ?? []).map(nameOf),
    imports: definition.imports ?? [],
    ...(typeof model === 'string' ? { model } : {}),
    ...(output === undefined ? {} : { output }),
  }
}

/** The JSON Schema of what an agent returns, where it declares one. */
export function outputSchema({ output }: Pick<AgentDefinition, 'output'>): JsonSchema | undefined {
  if (output === undefined) return undefined
  return output instanceof z.ZodType ? (z.toJSONSchema(output) as JsonSchema) : output
}
