import { z } from 'zod'
import { tokenSchema } from './name.ts'

/** A run split into subtasks. */
export const planSchema = z.lazy(() =>
  z.object({
    tasks: z
      .array(
        z.object({
          /** How results are referred to: `t1`. */
          name: z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, 'wanted a short name such as "t1"'),
          agent: z.string(),
          text: z.string().min(1),
          /** Names of tasks that must be done first; their results are given to this one. */
          after: z.array(z.string()).default([]),
          /** Names of the run's inputs that this task is given. */
          inputs: z.array(z.string()).default([]),
        }),
      )
      .min(1),
  }),
)
export type Plan = z.infer<typeof planSchema>

/** Where a run's one task begins: after a step of another task, whose records it begins with. */
export const forkSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    task: tokenSchema,
    /** The last step that is kept; 0 keeps none. */
    at: z.number().int().min(0),
    /** Another model from here on. */
    model: z.string().optional(),
  }),
)
export type Fork = z.infer<typeof forkSchema>
