import { z } from 'zod'

/** An error as it travels. */
export const wireErrorSchema = z.object({ code: z.string(), message: z.string() })
export type WireError = z.infer<typeof wireErrorSchema>

/** What comes back on every request of the bus. */
export const answerSchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: wireErrorSchema }),
])
export type Answer = z.infer<typeof answerSchema>
