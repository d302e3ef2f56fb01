import { InputError } from '@bailiwick/contract'
import { z } from 'zod'

/** A text, or its lines: JSON has no other way to be read. */
const textSchema = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('\n'))])

const scriptedReplySchema = z.union([
  z.string(),
  z.strictObject({
    text: textSchema.default(''),
    thinking: z.string().optional(),
    calls: z
      .array(
        z.strictObject({ id: z.string().optional(), name: z.string(), arguments: z.unknown().default({}) }),
      )
      .default([]),
    finish: z.enum(['stop', 'length', 'calls', 'filter']).optional(),
    /** Milliseconds before the reply comes. */
    delayMs: z.number().nonnegative().optional(),
  }),
])

/**
 * Replies by agent, task name in the plan, and step: `{ "analyst": { "t1": ["first reply", …] } }`.
 * `*` in place of an agent or a task stands for every one that is not named.
 */
export const scriptSchema = z.record(z.string(), z.record(z.string(), z.array(scriptedReplySchema)))
export type Script = z.input<typeof scriptSchema>
export type ParsedScript = z.infer<typeof scriptSchema>
export type ScriptedReply = z.infer<typeof scriptedReplySchema>

/** @throws InputError with the path of what is wrong. */
export function parseScript(value: unknown, source: string): ParsedScript {
  const parsed = scriptSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InputError(
    `${source} is no script of replies: wanted { "<agent>": { "<task>": [reply, …] } }.\n${z.prettifyError(parsed.error)}`,
  )
}
