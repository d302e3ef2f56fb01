import { artifactRefSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { wireErrorSchema } from './reply.ts'

/**
 * A call of a tool. Plain JSON, so that a tool can be hosted in any language: subscribe to
 * `bailiwick.v1.tool.<tool>.*` with a queue group, answer on the reply subject. The caller is the
 * subject's last token.
 */
export const toolRequestSchema = z.lazy(() =>
  z.object({
    /** The call's id, unique within its task. */
    id: z.string().min(1),
    /** The same for every attempt of this call: a host of an idempotent tool does it once for each key. */
    key: z.string().min(1),
    run: z.string(),
    task: z.string(),
    /** The one argument object; absent where it is in `inputArtifact`. */
    input: z.unknown().optional(),
    /** Where the input is, when it is too large for a message. */
    inputArtifact: artifactRefSchema.optional(),
  }),
)
export type ToolRequest = z.infer<typeof toolRequestSchema>

/**
 * What a tool host answers. `working` may come any number of times before the other: a host that is
 * silent for 60 s counts as dead, and one that has said `working` before, or whose card promises `signs`, for 7 s.
 */
export const toolReplySchema = z.lazy(() =>
  z.union([
    z.object({ ok: z.literal(true), value: z.unknown().optional(), artifact: artifactRefSchema.optional() }),
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
    z.object({ working: z.literal(true) }),
  ]),
)
export type ToolReply = z.infer<typeof toolReplySchema>

/** A caller takes back a call: nobody waits for its answer any more. */
export const cancelSchema = z.lazy(() => z.object({ key: z.string().min(1) }))
export type Cancel = z.infer<typeof cancelSchema>

/**
 * When a host that has not answered says for the first time that it is working, and how often then; how
 * long a caller waits for a host that has promised no signs, and for the next sign of one that has, or has given
 * one; and how long for a host that is being started again. Milliseconds.
 */
export const TOOL_TIMING = {
  firstSign: 50,
  workingEvery: 2_000,
  silence: 60_000,
  silenceAfterSign: 7_000,
  comeBack: 5_000,
} as const
