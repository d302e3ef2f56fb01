import {
  budgetSchema,
  type JsonSchema,
  taskInputSchema,
  taskResultSchema,
  tokenSchema,
} from '@bailiwick/contract'
import { z } from 'zod'

/**
 * How long the coordinator holds a request before it replies `working`, milliseconds. If a coordinator dies with a
 * request, its caller notices after half as long again, so this delays tasks. Few callers ask again: hosts leave tasks
 * that wait for longer.
 */
export const DELEGATION_POLL_MS = 4_000

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
    /** How long to wait for the result before the reply `working`, milliseconds. Default and maximum: 4,000. */
    holdMs: z.number().int().nonnegative().optional(),
    /** JSON Schema of the output. */
    output: z.custom<JsonSchema>().optional(),
  }),
)
export type DelegationRequest = z.infer<typeof delegationRequestSchema>

/** The delegate is at work (repeat the request), or its result. */
export const delegationReplySchema = z.lazy(() =>
  z.union([
    z.object({ state: z.literal('working') }),
    z.object({ state: z.literal('done'), result: taskResultSchema }),
  ]),
)
export type DelegationReply = z.infer<typeof delegationReplySchema>
