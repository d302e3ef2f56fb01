import {
  artifactRefSchema,
  budgetSchema,
  decisionFields,
  finalStatusSchema,
  forkSchema,
  journalRecordSchema,
  planSchema,
  statusSchema,
  taskErrorSchema,
  taskInputSchema,
  tokenSchema,
  usageSchema,
} from '@bailiwick/contract'
import { z } from 'zod'

/** What a user asks for. The client makes the id: submitting it twice is one run. */
export const submitSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    text: z.string().min(1),
    /** Files are artifacts of the writer `user`, or of the named user who asks, uploaded before. */
    inputs: z.array(taskInputSchema).default([]),
    strategy: z.enum(['plan', 'direct']).optional(),
    /** With strategy `direct`: who gets the whole task. */
    agent: tokenSchema.optional(),
    budget: budgetSchema.optional(),
    /** Instead of beginning anew: with `agent`, goes on from a step of another task of that agent. */
    fork: forkSchema.optional(),
    /** The run ends with its plan as the answer: nothing of it is done. */
    planOnly: z.boolean().optional(),
    /** A plan that was made before: the planner is not asked. */
    plan: planSchema.optional(),
  }),
)

/** A run as lists show it. */
export const runSummarySchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    status: statusSchema,
    /** The beginning of what was asked. */
    text: z.string(),
    submittedAt: z.number(),
    endedAt: z.number().optional(),
    /** `user`, or the named user whose run it is. */
    owner: z.string().optional(),
  }),
)
export type RunSummary = z.infer<typeof runSummarySchema>

/** What the replies of one step used. */
export const stepUsageSchema = z.lazy(() => z.object({ step: z.number().int(), usage: usageSchema }))
export type StepUsage = z.infer<typeof stepUsageSchema>

/** One task of a run. */
export const runTaskSchema = z.lazy(() =>
  z.object({
    /** Its name in the plan. */
    name: z.string(),
    task: z.string(),
    agent: z.string(),
    attempt: z.number().int(),
    status: statusSchema,
    after: z.array(z.string()).default([]),
    error: taskErrorSchema.optional(),
    /** Of the task and, once it has ended, the delegates that it started. */
    usage: usageSchema.optional(),
    /** Of each of its steps, delegates aside. */
    steps: z.array(stepUsageSchema).default([]),
    startedAt: z.number().optional(),
    endedAt: z.number().optional(),
  }),
)
export type RunTask = z.infer<typeof runTaskSchema>

/** What a version does not know in a journal: it stays there, and is shown. */
export const unreadableSchema = z.lazy(() =>
  z.object({
    task: z.string(),
    /** The message's sequence in the stream of journals. */
    message: z.number().int(),
    reason: z.string(),
  }),
)
export type Unreadable = z.infer<typeof unreadableSchema>

/** All that is known of a run. */
export const runDetailsSchema = z.lazy(() =>
  runSummarySchema.unwrap().extend({
    strategy: z.enum(['plan', 'direct']),
    tasks: z.array(runTaskSchema),
    /** What each agent used, in all its tasks of the run. */
    agents: z.array(z.object({ agent: z.string(), usage: usageSchema })).default([]),
    /** Calls that wait for a person's decision. */
    asked: z
      .array(z.object({ task: z.string(), call: z.string(), name: z.string(), arguments: z.string() }))
      .default([]),
    /** What could not be read of its journals: the first of each task. */
    unreadable: z.array(unreadableSchema).default([]),
    result: z
      .object({
        status: finalStatusSchema,
        answer: z.unknown().optional(),
        error: taskErrorSchema.optional(),
        usage: usageSchema,
        artifacts: z.array(artifactRefSchema),
      })
      .optional(),
  }),
)
export type RunDetails = z.infer<typeof runDetailsSchema>

/** A task that is given to nobody any more. */
export const deadTaskSchema = z.lazy(() =>
  z.object({
    agent: z.string(),
    run: z.string(),
    task: z.string(),
    attempts: z.number().int(),
    reason: z.string(),
    /** Unix milliseconds. */
    at: z.number(),
  }),
)
export type DeadTask = z.infer<typeof deadTaskSchema>

const runOnly = z.lazy(() => z.object({ run: tokenSchema }))

/** Requests to the coordinator about runs, by operation: `bailiwick.v1.run.<op>`. */
export const RUN_OPS = {
  submit: {
    request: submitSchema,
    reply: z.lazy(() => z.object({ run: tokenSchema, duplicate: z.boolean() })),
  },
  cancel: {
    request: z.lazy(() => runOnly.unwrap().extend({ reason: z.string().optional() })),
    reply: z.lazy(() => z.object({ run: tokenSchema, status: statusSchema })),
  },
  get: { request: runOnly, reply: runDetailsSchema },
  list: {
    request: z.lazy(() => z.object({ limit: z.number().int().min(1).max(1_000).default(50) })),
    reply: z.lazy(() => z.object({ runs: z.array(runSummarySchema) })),
  },
  /** Decides on a call that waits for a person. */
  decide: {
    request: z.lazy(() =>
      runOnly.unwrap().extend({ task: tokenSchema, call: z.string(), ...decisionFields() }),
    ),
    reply: z.lazy(() => z.object({ accepted: z.boolean() })),
  },
  /** The journal of one task, prompts and replies included; `run` is the run's own. */
  journal: {
    request: z.lazy(() => runOnly.unwrap().extend({ task: tokenSchema.default('run') })),
    reply: z.lazy(() =>
      z.object({
        records: z.array(journalRecordSchema),
        /** What could not be read, as it stands there (its first 4,096 characters). */
        unreadable: z.array(unreadableSchema.unwrap().extend({ text: z.string() })).default([]),
      }),
    ),
  },
  dead: {
    request: z.lazy(() => z.object({})),
    reply: z.lazy(() => z.object({ dead: z.array(deadTaskSchema) })),
  },
  retry: {
    request: z.lazy(() => z.object({ task: tokenSchema })),
    reply: z.lazy(() => z.object({ task: tokenSchema })),
  },
  /** What the daemon does at the moment; its shape is the daemon's. */
  status: {
    request: z.lazy(() => z.object({})),
    reply: z.lazy(() => z.record(z.string(), z.unknown())),
  },
  purge: {
    request: runOnly,
    reply: z.lazy(() => z.object({ run: tokenSchema, messages: z.number().int() })),
  },
} as const

export type RunOp = keyof typeof RUN_OPS
export type RunRequest<O extends RunOp> = z.output<(typeof RUN_OPS)[O]['request']>
export type RunRequestInput<O extends RunOp> = z.input<(typeof RUN_OPS)[O]['request']>
export type RunReply<O extends RunOp> = z.output<(typeof RUN_OPS)[O]['reply']>
