import { z } from 'zod'
import { spilledSchema } from './journal-message.ts'

/** An error as it travels. */
export const wireErrorSchema = z.lazy(() => z.object({ code: z.string(), message: z.string() }))
export type WireError = z.infer<typeof wireErrorSchema>

/** What comes back on every request of the bus. */
export const replySchema = z.lazy(() =>
  z.union([
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
    /** Too large for a message: the value is in the coordinator's journal bucket. */
    z.object({ ok: z.literal(true), spilled: spilledSchema }),
    z.object({ ok: z.literal(true), value: z.unknown() }),
  ]),
)
export type Reply = z.infer<typeof replySchema>
