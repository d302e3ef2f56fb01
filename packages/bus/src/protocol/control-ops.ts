import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** Requests of the coordinator to all hosts of an agent: `bailiwick.v1.control.<agent>.<op>`. */
export const CONTROL_OPS = {
  /** Stop working on a task. */
  cancel: z.lazy(() => z.object({ task: tokenSchema, reason: z.string() })),
  /** Finish what is at work, take nothing new, exit. With `host`: that one only. */
  drain: z.lazy(() => z.object({ host: z.string().optional() })),
  /** Somebody's yes or no to a call that waits for one. */
  answer: z.lazy(() =>
    z.object({
      task: tokenSchema,
      call: z.string(),
      approved: z.boolean(),
      by: z.string(),
      note: z.string().optional(),
    }),
  ),
  /** Tools were registered, changed or withdrawn. */
  'tools-changed': z.lazy(() => z.object({})),
} as const

export type ControlOp = keyof typeof CONTROL_OPS
export type ControlRequest<O extends ControlOp> = z.output<(typeof CONTROL_OPS)[O]>

/** What a host answers: who it is, and whether the request concerned it. */
export const controlAnswerSchema = z.lazy(() => z.object({ host: z.string(), done: z.boolean() }))
export type ControlAnswer = z.infer<typeof controlAnswerSchema>
