import { z } from 'zod'
import type { JsonSchema } from './json.ts'
import { functionNameSchema } from './name.ts'

/**
 * What calling a tool twice does, and so what a restart may do with a call whose outcome was lost.
 * `none`: reads only. `idempotent`: the same key twice is one effect. `once`: never sent again.
 */
export const effectSchema = z.lazy(() => z.enum(['none', 'idempotent', 'once']))
export type Effect = z.infer<typeof effectSchema>

const jsonSchemaSchema = z.lazy(() =>
  z.custom<JsonSchema>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'wanted a JSON Schema object',
  ),
)

/** A tool as it is announced, granted and journaled: everything but its code. */
export const toolCardSchema = z.lazy(() =>
  z.object({
    name: functionNameSchema,
    description: z.string().min(1),
    /** JSON Schema of the one argument object. */
    input: jsonSchemaSchema,
    /** JSON Schema of the result, where it is known. */
    output: jsonSchemaSchema.optional(),
    effect: effectSchema.default('once'),
    /**
     * Its host says that it is at work, soon and then again and again: one that says nothing is dead. Set where a
     * tool is served, never by its author.
     */
    signs: z.literal(true).optional(),
  }),
)
export type ToolCard = z.infer<typeof toolCardSchema>

/** Who calls, and how to stop. `key` is the same for every attempt of one call. */
export interface CallContext {
  /** The call's id, unique within its task. */
  id: string
  /** Idempotency key: task, step and call. */
  key: string
  caller: string
  run: string
  task: string
  signal: AbortSignal
}

/** A tool that can be called in this process (a remote one is a Tool whose `run` sends a request). */
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
