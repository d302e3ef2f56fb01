import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** What a doorbell says: there is work in that journal. */
export const ringSchema = z.lazy(() =>
  z.object({
    v: z.literal(1),
    run: tokenSchema,
    task: tokenSchema,
    /** Tells this bell from the task's earlier ones, and grows: the moment at which it was rung, Unix ms. */
    ring: z.number().int().positive(),
    /**
     * Where it was rung again because its host died: earlier deliveries that count, those to hosts that died
     * before they had begun it. The server counts the deliveries of one bell only.
     */
    deliveries: z.number().int().nonnegative().optional(),
    /** With a task's first bell: its journal's first message, so that it need not be read. */
    first: z.object({ sequence: z.number().int().positive(), text: z.string() }).optional(),
  }),
)
export type Ring = z.infer<typeof ringSchema>
