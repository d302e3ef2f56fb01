import { z } from 'zod'
import { budgetSchema } from './budget.ts'
import { forkSchema, planSchema } from './plan.ts'
import {
  artifactRefSchema,
  finalStatusSchema,
  taskErrorSchema,
  taskInputSchema,
  taskResultSchema,
} from './task.ts'
import { usageSchema } from './usage.ts'

export const at = { /** Unix milliseconds, by the writer's clock. */ at: z.lazy(() => z.number()) }

/** Records that the coordinator alone writes, to a run's own journal. */
export const coordinatorRecordSchemas = () =>
  [
    z.object({
      type: z.literal('run.submitted'),
      ...at,
      run: z.string(),
      text: z.string(),
      inputs: z.array(taskInputSchema),
      strategy: z.enum(['plan', 'direct']),
      /** With strategy `direct`: who gets the whole task. */
      agent: z.string().optional(),
      submittedBy: z.string(),
      /** The task goes on from a step of another one, in the same world. */
      fork: forkSchema.optional(),
      /** The run ends with its plan as the answer: nothing of it is done. */
      planOnly: z.boolean().optional(),
      budget: budgetSchema,
    }),
    z.object({ type: z.literal('run.planned'), ...at, plan: planSchema }),
    /** A task of the plan was created and its bell rung. */
    z.object({
      type: z.literal('run.dispatched'),
      ...at,
      name: z.string(),
      task: z.string(),
      agent: z.string(),
      attempt: z.number().int().positive(),
      /** One of the coordinator's own, worked on by itself: an agent of that name has nothing to do with it. */
      own: z.literal(true).optional(),
    }),
    /** A task of the plan has ended, as its own journal says. */
    z.object({
      type: z.literal('run.returned'),
      ...at,
      name: z.string(),
      task: z.string(),
      result: taskResultSchema,
    }),
    z.object({ type: z.literal('run.cancel-requested'), ...at, by: z.string(), reason: z.string() }),
    z.object({
      type: z.literal('run.ended'),
      ...at,
      status: finalStatusSchema,
      answer: z.unknown().optional(),
      error: taskErrorSchema.optional(),
      usage: usageSchema,
      artifacts: z.array(artifactRefSchema),
    }),

    /** The server refused something to somebody: no part of a task or a run. Written by the coordinator only. */
    z.object({
      type: z.literal('access.refused'),
      ...at,
      /** Who, as proved to the server; `unknown` where nobody proved to be anybody. */
      user: z.string(),
      action: z.enum(['publish', 'subscribe', 'connect', 'oversize', 'readers', 'flood']),
      /** Some of the subjects, each cut. */
      subjects: z.array(z.string()),
      /** How often since it was last told. */
      count: z.number().int().nonnegative(),
      /** There was so much that not all was counted. */
      atLeast: z.boolean(),
    }),
  ] as const
