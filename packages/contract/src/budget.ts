import { z } from 'zod'

/** Limits for a task and all tasks below it. A limit that is missing does not apply. */
export const budgetSchema = z.lazy(() =>
  z
    .object({
      /** Passes of the loop. With 0, the task gives its last answer at once. */
      steps: z.number().int().nonnegative(),
      /** Input plus output tokens, delegates included. */
      tokens: z.number().int().nonnegative(),
      /** US dollars, delegates included. A request fails if the model's price is unknown. */
      cost: z.number().nonnegative(),
      /** Milliseconds of wall time from the first attempt, without the time that only people and delegates take. */
      wallMs: z.number().int().positive(),
      /** Tool calls and delegations. */
      calls: z.number().int().nonnegative(),
    })
    .partial(),
)
export type Budget = z.infer<typeof budgetSchema>
