import { z } from 'zod'
import type { JsonSchema } from './json.ts'
import { functionNameSchema } from './name.ts'

/**
 * Says whether a call may be repeated if a restart lost its outcome. `none` only reads. `idempotent` has one effect,
 * even if it is called twice with the same key. `once` is never sent again.
 */
export const effectSchema = z.lazy(() => z.enum(['none', 'idempotent', 'once']))
export type Effect = z.infer<typeof effectSchema>

const jsonSchemaSchema = z.lazy(() =>
  z.custom<JsonSchema>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected a JSON Schema object',
  ),
)

/** A tool without its code, as hosts announce it and grants and journals hold it. */
export const toolCardSchema = z.lazy(() =>
  z.object({
    name: functionNameSchema,
    description: z.string().min(1),
    /** JSON Schema of the argument object. */
    input: jsonSchemaSchema,
    /** JSON Schema of the result, if it is known. */
    output: jsonSchemaSchema.optional(),
    effect: effectSchema.default('once'),
    /**
     * True if the host sends signs of life while a call runs, so that a caller can tell early that the host died. The
     * bus sets it when it serves a tool; authors never set it.
     */
    signs: z.literal(true).optional(),
  }),
)
export type ToolCard = z.infer<typeof toolCardSchema>

/** Second argument of {@link Tool.run}: the caller of the tool, and a signal to stop. */
export interface CallContext {
  /** Id of the call, unique in its task. */
  id: string
  /** Idempotency key: task, step and call. The same for every attempt of a call. */
  key: string
  caller: string
  run: string
  task: string
  signal: AbortSignal
}

/** A tool that this process can call. The `run` of a remote tool sends a request. */
export interface Tool extends ToolCard {
  run(input: unknown, context: CallContext): Promise<unknown>
}

/** The card of a tool, without its code. */
export function toolCard(tool: ToolCard): ToolCard {
  const { name, description, input, output, effect, signs } = tool
  return {
    name,
    description,
    input,
    effect,
    ...(output !== undefined && { output }),
    ...(signs !== undefined && { signs }),
  }
}
