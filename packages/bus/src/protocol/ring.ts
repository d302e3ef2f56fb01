import { decisionFields, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** A person's decision on a call of a task. */
export const callDecisionSchema = z.lazy(() =>
  z.object({ call: z.string(), ...decisionFields(), by: z.string() }),
)
export type CallDecision = z.infer<typeof callDecisionSchema>

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
    /** Decisions that the task's journal does not have yet. Its host may not read them in the run's journal. */
    decisions: z.array(callDecisionSchema).optional(),
    /** This coordinator rings again when a waiting task can go on. With an older one, hosts must keep their tasks. */
    wakes: z.literal(true).optional(),
  }),
)
export type Ring = z.infer<typeof ringSchema>
