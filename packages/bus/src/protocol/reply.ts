import { z } from 'zod'
import { spilledSchema } from './journal-message.ts'

/** An error as it is sent. */
export const wireErrorSchema = z.lazy(() =>
  z.object({
    /** `transient`: the call may succeed later. Other codes are for people. */
    code: z.string(),
    message: z.string(),
    /** How long to wait before the next attempt, with the code `transient`, ms. */
    retryAfterMs: z.number().nonnegative().optional(),
  }),
)
export type WireError = z.infer<typeof wireErrorSchema>

/** The reply to every request. */
export const replySchema = z.lazy(() =>
  z.union([
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
    /** The value is too large for a message, and is in a journal bucket. */
    z.object({ ok: z.literal(true), spilled: spilledSchema }),
    z.object({ ok: z.literal(true), value: z.unknown() }),
  ]),
)
export type Reply = z.infer<typeof replySchema>
