import type { AgentDefinition, JsonSchema, TaskSpec } from '@bailiwick/contract'
import { z } from 'zod'
import { jsonSchemaOf } from '../define/define-tool.ts'

/** Writing a schema down takes longer than a step of the loop. */
const written = new WeakMap<z.ZodType, JsonSchema>()

/** The JSON Schema an answer must fit: the task's, else the definition's; nothing where text will do. */
export function outputSchema(
  { output, name }: Pick<AgentDefinition, 'output'> & { name?: string },
  spec?: Pick<TaskSpec, 'output'>,
): JsonSchema | undefined {
  if (spec?.output !== undefined) return spec.output
  // Most agents answer in words, and zod's `instanceof` takes longer than the rest of a request.
  if (output === undefined) return undefined
  if (!(output instanceof z.ZodType)) return output
  const schema = written.get(output) ?? jsonSchemaOf(output, 'output', `agent ${name}: output`)
  written.set(output, schema)
  return schema
}
