import { z } from 'zod'
import { tokenSchema } from './name.ts'

/** A run split into subtasks. */
export const planSchema = z.lazy(() =>
  z.object({
    tasks: z
      .array(
        z.object({
          /** Name of the task in the plan, such as `t1`. Other tasks refer to its result by it. */
          name: z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, 'expected a short name such as "t1"'),
          agent: z.string(),
          text: z.string().min(1),
          /** Names of the tasks that must end first. This task gets their results. */
          after: z.array(z.string()).default([]),
          /** Names of the run's inputs that this task gets. */
          inputs: z.array(z.string()).default([]),
        }),
      )
      .min(1),
    /** One agent got the whole request, so its output is the answer of the run: no writer rewords it. */
    direct: z.literal(true).optional(),
  }),
)
export type Plan = z.infer<typeof planSchema>

/** A fork starts with the records of another task up to a step. */
export const forkSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    task: tokenSchema,
    /** The last step to keep. With 0, the fork keeps no steps. */
    at: z.number().int().min(0),
    /** Model of the steps after the fork. Default: the model of the forked task. */
    model: z.string().optional(),
  }),
)
export type Fork = z.infer<typeof forkSchema>
