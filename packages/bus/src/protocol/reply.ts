import { z } from 'zod'
import { spilledSchema } from './journal-message.ts'

/** An error as it is sent. */
export const wireErrorSchema = z.lazy(() => z.object({ code: z.string(), message: z.string() }))
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
