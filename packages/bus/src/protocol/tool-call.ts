import { artifactRefSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { wireErrorSchema } from './reply.ts'

/**
 * A call of a tool. It is plain JSON, so that a tool can be hosted in any language: subscribe to
 * `bailiwick.v1.tool.<tool>.*` with the queue group `host` and publish the reply on the reply subject. The caller is the
 * subject's last token.
 */
export const toolRequestSchema = z.lazy(() =>
  z.object({
    /** The call's id, unique within its task. */
    id: z.string().min(1),
    /** The same for every attempt of this call. A host of an idempotent tool acts once per key. */
    key: z.string().min(1),
    run: z.string(),
    task: z.string(),
    /** The argument object; absent if it is in `inputArtifact`. */
    input: z.unknown().optional(),
    /** Where the input is stored if it is too large for a message. */
    inputArtifact: artifactRefSchema.optional(),
  }),
)
export type ToolRequest = z.infer<typeof toolRequestSchema>

/**
 * A tool host's reply. Any number of `working` signs may come before the result. A host counts as dead after 60 s without
 * a reply; after 7 s if it has sent a sign before, or if its card promises `signs`.
 */
export const toolReplySchema = z.lazy(() =>
  z.union([
    z.object({ ok: z.literal(true), value: z.unknown().optional(), artifact: artifactRefSchema.optional() }),
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
    z.object({ working: z.literal(true) }),
  ]),
)
export type ToolReply = z.infer<typeof toolReplySchema>

/** A caller cancels a call: no process waits for its reply. */
export const cancelSchema = z.lazy(() => z.object({ key: z.string().min(1) }))
export type Cancel = z.infer<typeof cancelSchema>

/** Times of tool calls, milliseconds. */
export interface ToolTiming {
  /** When a host sends the first sign that it is working. */
  firstSignMs: number
  /** How often it sends further signs. */
  signEveryMs: number
  /** How long a caller waits for a host that sends no signs. */
  silenceMs: number
  /** How long a caller waits for the next sign of a host that sends signs. */
  silenceAfterSignMs: number
  /** How long a caller waits for a host that restarts or reconnects. */
  reconnectMs: number
}

/** The times that callers and hosts use unless a test sets others. */
export const TOOL_TIMING: Readonly<ToolTiming> = {
  firstSignMs: 50,
  signEveryMs: 2_000,
  silenceMs: 60_000,
  silenceAfterSignMs: 7_000,
  reconnectMs: 5_000,
}
