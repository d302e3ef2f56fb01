import {
  budgetSchema,
  type JsonSchema,
  taskInputSchema,
  taskResultSchema,
  tokenSchema,
} from '@bailiwick/contract'
import { z } from 'zod'

/**
 * A request for a delegate. The same `key` always means the same delegation, so that a caller may repeat the request
 * after every timeout. The caller is the subject's last token.
 */
export const delegationRequestSchema = z.lazy(() =>
  z.object({
    /** The call's id, unique within its task. */
    call: z.string().min(1),
    /** The same for every attempt of this call. */
    key: z.string().min(1),
    run: tokenSchema,
    /** The caller's task. */
    task: tokenSchema,
    /** The agent to start. The coordinator checks it against the caller's grant. */
    target: tokenSchema,
    text: z.string(),
    inputs: z.array(taskInputSchema).default([]),
    budget: budgetSchema.optional(),
    /** JSON Schema of the output. */
    output: z.custom<JsonSchema>().optional(),
  }),
)
export type DelegationRequest = z.infer<typeof delegationRequestSchema>

/** Still working (repeat the request), or the delegate's result. */
export const delegationReplySchema = z.lazy(() =>
  z.union([
    z.object({ state: z.literal('working') }),
    z.object({ state: z.literal('done'), result: taskResultSchema }),
  ]),
)
export type DelegationReply = z.infer<typeof delegationReplySchema>

/** How long the coordinator holds a request before it replies `working`, milliseconds. */
export const DELEGATION_POLL_MS = 20_000
