import {
  type AgentDefinition,
  DefinitionError,
  errorText,
  type JsonSchema,
  type TaskSpec,
} from '@bailiwick/contract'
import { z } from 'zod'

/** Converts each zod schema once: a conversion takes longer than a step of the loop. */
const converted = new WeakMap<z.ZodType, JsonSchema>()

/**
 * The JSON Schema that an answer must fit: the task's if it has one, else the definition's. Undefined if any text
 * will do.
 */
export function outputSchema(
  { output, name }: Pick<AgentDefinition, 'output'> & { name?: string },
  spec?: Pick<TaskSpec, 'output'>,
): JsonSchema | undefined {
  if (spec?.output !== undefined) return spec.output
  // Most agents answer in text, and zod's `instanceof` costs more than the rest of this function.
  if (output === undefined) return undefined
  if (!(output instanceof z.ZodType)) return output
  const schema = converted.get(output) ?? jsonSchemaOf(output, 'output', `agent ${name}: output`)
  converted.set(output, schema)
  return schema
}

/**
 * Converts a zod schema to JSON Schema.
 *
 * @param where names the schema in the error
 * @throws DefinitionError if JSON Schema cannot express it
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output', where: string): JsonSchema {
  try {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io })
    return rest
  } catch (cause) {
    throw new DefinitionError(`${where} cannot be written as JSON Schema: ${errorText(cause)}`, { cause })
  }
}
