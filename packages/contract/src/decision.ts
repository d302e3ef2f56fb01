import { z } from 'zod'

/** Shape of a person's decision on a call that waits for one. */
export const decisionFields = () => ({
  decision: z.enum(['approve', 'reject']),
  /** Explains the decision to the agent. */
  reason: z.string().optional(),
})

/** A person's decision on a call that waits for one. */
export const decisionSchema = z.lazy(() => z.object(decisionFields()))
export type Decision = z.infer<typeof decisionSchema>
