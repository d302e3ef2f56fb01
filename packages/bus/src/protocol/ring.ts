import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** A bell: a message in an agent's queue that says which journal has work. */
export const ringSchema = z.lazy(() =>
  z.object({
    v: z.literal(1),
    run: tokenSchema,
    task: tokenSchema,
    /** The time of ringing, Unix milliseconds. Distinguishes this bell from earlier ones of the task. */
    ring: z.number().int().positive(),
    /**
     * If this bell replaces one of a dead host: the number of earlier deliveries to hosts that died before they began
     * the task. The server counts only the deliveries of one bell.
     */
    deliveries: z.number().int().nonnegative().optional(),
    /** In a task's first bell: the first message of its journal, so that the host need not read it. */
    first: z.object({ sequence: z.number().int().positive(), text: z.string() }).optional(),
  }),
)
export type Ring = z.infer<typeof ringSchema>
