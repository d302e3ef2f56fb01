import { tokenSchema } from '@bailiwick/core/contract'
import { z } from 'zod'

/** What a doorbell says: there is work in that journal. */
export const ringSchema = z.object({
  v: z.literal(1),
  run: tokenSchema,
  task: tokenSchema,
  /** Counts the rings for this task, from 1. */
  ring: z.number().int().positive(),
})
export type Ring = z.infer<typeof ringSchema>
