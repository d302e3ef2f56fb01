import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { callDecisionSchema } from './ring.ts'

/** Requests of the coordinator to all hosts of an agent: `bailiwick.v1.control.<agent>.<op>`. */
export const CONTROL_OPS = {
  /** Stop working on a task. */
  cancel: z.lazy(() => z.object({ task: tokenSchema, reason: z.string() })),
  /** A person's decision on a call that waits for one. */
  decide: z.lazy(() => callDecisionSchema.unwrap().extend({ task: tokenSchema })),
} as const

/** The name of a control operation. */
export type ControlOp = keyof typeof CONTROL_OPS
/** The request of a control operation. */
export type ControlRequest<O extends ControlOp> = z.output<(typeof CONTROL_OPS)[O]>

/** A host's reply: its name, and whether the request concerned it. */
export const controlReplySchema = z.lazy(() => z.object({ host: z.string(), done: z.boolean() }))
export type ControlReply = z.infer<typeof controlReplySchema>
