import { z } from 'zod'
import type { AgentDefinition } from '../contract/agent.ts'
import type { JsonSchema } from '../contract/json.ts'
import type { TaskSpec } from '../contract/task.ts'
import { jsonSchemaOf } from './define-tool.ts'

/** Writing a schema down takes longer than a step of the loop. */
const written = new WeakMap<z.ZodType, JsonSchema>()

/** The JSON Schema an answer must fit: the task's, else the definition's; nothing where text will do. */
export function outputSchema(
  { output, name }: Pick<AgentDefinition, 'output'> & { name?: string },
  spec?: Pick<TaskSpec, 'output'>,
): JsonSchema | undefined {
  if (spec?.output !== undefined) return spec.output
  if (!(output instanceof z.ZodType)) return output
  const schema = written.get(output) ?? jsonSchemaOf(output, 'output', `agent ${name}: output`)
  written.set(output, schema)
  return schema
}
