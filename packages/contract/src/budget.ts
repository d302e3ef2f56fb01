import { z } from 'zod'

/** What a task (and everything below it) may spend. A missing limit is not limited here. */
export const budgetSchema = z.lazy(() =>
  z
    .object({
      /** Passes of the loop. 0 means none: the task goes straight to its last answer. */
      steps: z.number().int().nonnegative(),
      /** Input plus output tokens, delegates included. */
      tokens: z.number().int().nonnegative(),
      /** US dollars, delegates included. Refused where the model's price is unknown. */
      cost: z.number().nonnegative(),
      /** Milliseconds of wall time, from the task's first attempt. */
      wallMs: z.number().int().positive(),
      /** Tool calls and delegations. */
      calls: z.number().int().nonnegative(),
    })
    .partial(),
)
export type Budget = z.infer<typeof budgetSchema>
