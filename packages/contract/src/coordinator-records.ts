import { z } from 'zod'
import { budgetSchema } from './budget.ts'
import { decisionFields } from './decision.ts'
import { tokenSchema } from './name.ts'
import { forkSchema, planSchema } from './plan.ts'
import {
  artifactRefSchema,
  finalStatusSchema,
  taskErrorSchema,
  taskInputSchema,
  taskResultSchema,
} from './task.ts'
import { usageSchema } from './usage.ts'

/** Unix milliseconds by the writer's clock at which it made the record. */
export const at = { at: z.lazy(() => z.number()) }

/** Records that only the coordinator writes. All except `access.refused` belong to a run's own journal. */
export const coordinatorRecordSchemas = () =>
  [
    z.object({
      type: z.literal('run.submitted'),
      ...at,
      run: z.string(),
      text: z.string(),
      inputs: z.array(taskInputSchema),
      strategy: z.enum(['plan', 'direct']),
      /** The coordinator chose the strategy. If it is `plan`, the planner may give the whole request to one agent. */
      auto: z.literal(true).optional(),
      /** The agent that gets the whole task if the strategy is `direct`. */
      agent: z.string().optional(),
      /** The bus user that submitted the run: `user`, or a named user such as `user-alice`. */
      owner: tokenSchema,
      /** The task starts with the records of another task, in the same world. */
      fork: forkSchema.optional(),
      /** The run ends with its plan as the answer. No task of the plan starts. */
      planOnly: z.boolean().optional(),
      budget: budgetSchema,
    }),
    /** A coordinator drives the run from here on: the one that it was submitted to, or one that took it over. */
    z.object({ type: z.literal('run.driven'), ...at, coordinator: tokenSchema }),
    z.object({ type: z.literal('run.planned'), ...at, ...planSchema.unwrap().shape }),
    /** A task of the plan starts: its journal is created and its bell rung next. */
    z.object({
      type: z.literal('task.dispatched'),
      ...at,
      name: z.string(),
      task: z.string(),
      agent: z.string(),
      attempt: z.number().int().positive(),
      /** True if the coordinator works on this task itself, even if the team has an agent of that name. */
      own: z.literal(true).optional(),
      /** Its share of the run's budget, if that has limits that work uses up. */
      budget: budgetSchema.optional(),
    }),
    /** A task of the plan ended with this result. */
    z.object({
      type: z.literal('task.returned'),
      ...at,
      name: z.string(),
      task: z.string(),
      ...taskResultSchema.unwrap().shape,
    }),
    z.object({ type: z.literal('run.cancel-requested'), ...at, by: z.string(), reason: z.string() }),
    /** A person decided on a call of a task. The task's host copies it as `call.decided` before it uses it. */
    z.object({
      type: z.literal('run.decided'),
      ...at,
      task: z.string(),
      call: z.string(),
      ...decisionFields(),
      by: z.string(),
    }),
    z.object({
      type: z.literal('run.ended'),
      ...at,
      status: finalStatusSchema,
      answer: z.unknown().optional(),
      error: taskErrorSchema.optional(),
      usage: usageSchema,
      artifacts: z.array(artifactRefSchema),
    }),

    /** The NATS server refused something to a user. Belongs to no run and no task. */
    z.object({
      type: z.literal('access.refused'),
      ...at,
      /** The user that the server authenticated; `unknown` if it authenticated none. */
      user: z.string(),
      action: z.enum(['publish', 'subscribe', 'connect', 'oversize', 'readers', 'flood']),
      /** Some of the subjects, each shortened. */
      subjects: z.array(z.string()),
      /** Refusals since the last record of this type. */
      count: z.number().int().nonnegative(),
      /** True if there were more refusals than the coordinator could count. */
      atLeast: z.boolean(),
    }),
  ] as const
