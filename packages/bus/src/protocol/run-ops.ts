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

/** A new run. The client chooses the id; submitting the same id twice makes one run. */
export const submitSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    text: z.string().min(1),
    /** Files must be uploaded before, as artifacts of the writer `user` or of the named user that submits. */
    inputs: z.array(taskInputSchema).default([]),
    /** Default: the daemon's, which is `auto` unless its configuration says otherwise. */
    strategy: z.enum(['auto', 'plan', 'direct']).optional(),
    /** The agent that gets the whole task. Default with strategy `direct`: the lead of the team. */
    agent: tokenSchema.optional(),
    budget: budgetSchema.optional(),
    /** Start from a step of another task of `agent`. */
    fork: forkSchema.optional(),
    /** The run ends with its plan as the answer, and no task of the plan starts. */
    planOnly: z.boolean().optional(),
    /** Use this plan instead of asking the planner. */
    plan: planSchema.optional(),
  }),
)

/** A run as lists show it. */
export const runSummarySchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    status: statusSchema,
    /** The beginning of the request. */
    text: z.string(),
    submittedAt: z.number(),
    endedAt: z.number().optional(),
    /** The bus user that submitted it: `user`, or a named user such as `user-alice`. */
    owner: z.string().optional(),
  }),
)
export type RunSummary = z.infer<typeof runSummarySchema>

/** Usage of the model replies of one step. */
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
    /** Of the task; after its end, including its delegates. */
    usage: usageSchema.optional(),
    /** Of each step, without delegates. */
    steps: z.array(stepUsageSchema).default([]),
    startedAt: z.number().optional(),
    endedAt: z.number().optional(),
  }),
)
export type RunTask = z.infer<typeof runTaskSchema>

/** Something in a journal that this version cannot read. */
export const unreadableSchema = z.lazy(() =>
  z.object({
    task: z.string(),
    /** The message's sequence in the stream of journals. */
    message: z.number().int(),
    reason: z.string(),
  }),
)
export type Unreadable = z.infer<typeof unreadableSchema>

/** Everything about one run. */
export const runDetailsSchema = z.lazy(() =>
  runSummarySchema.unwrap().extend({
    /** The one that was chosen, if the run was submitted with `auto`. */
    strategy: z.enum(['plan', 'direct']),
    tasks: z.array(runTaskSchema),
    /** Usage by agent, over all its tasks of the run. */
    agents: z.array(z.object({ agent: z.string(), usage: usageSchema })).default([]),
    /** Calls that wait for a person's decision. */
    asked: z
      .array(z.object({ task: z.string(), call: z.string(), name: z.string(), arguments: z.string() }))
      .default([]),
    /** Decisions that came too late, because the step of their call had ended. */
    unusedDecisions: z
      .array(z.object({ task: z.string(), call: z.string(), ...decisionFields(), by: z.string() }))
      .default([]),
    /** What could not be read in its journals: the first problem of each task. */
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

/** A task that its queue no longer delivers. */
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
    summary: 'Submits a run.',
    request: submitSchema,
    reply: z.lazy(() => z.object({ run: tokenSchema, duplicate: z.boolean() })),
  },
  cancel: {
    summary: 'Cancels a run.',
    request: z.lazy(() => runOnly.unwrap().extend({ reason: z.string().optional() })),
    reply: z.lazy(() => z.object({ run: tokenSchema, status: statusSchema })),
  },
  get: { summary: 'Returns everything about a run.', request: runOnly, reply: runDetailsSchema },
  list: {
    summary: 'Lists runs, the newest first.',
    request: z.lazy(() => z.object({ limit: z.number().int().min(1).max(1_000).default(50) })),
    reply: z.lazy(() => z.object({ runs: z.array(runSummarySchema) })),
  },
  decide: {
    summary: 'Approves or rejects a call that waits for a decision.',
    request: z.lazy(() =>
      runOnly.unwrap().extend({
        task: tokenSchema,
        call: z.string(),
        ...decisionFields(),
        /** SHA-256 of the arguments that the person saw, in hex, as in `call.asked`. Other arguments are an error. */
        shown: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      }),
    ),
    reply: z.lazy(() =>
      z.object({
        /**
         * The decision is durable, and the call waited for it. False if the call does not wait any more, or another
         * decision came first.
         */
        accepted: z.boolean(),
      }),
    ),
  },
  journal: {
    summary: 'Returns the journal of a task, or with the task "run" the run\'s own journal.',
    request: z.lazy(() => runOnly.unwrap().extend({ task: tokenSchema.default('run') })),
    reply: z.lazy(() =>
      z.object({
        records: z.array(journalRecordSchema),
        /** What could not be read, with its first 4,096 characters. */
        unreadable: z.array(unreadableSchema.unwrap().extend({ text: z.string() })).default([]),
      }),
    ),
  },
  dead: {
    summary: 'Lists dead tasks.',
    request: z.lazy(() => z.object({})),
    reply: z.lazy(() => z.object({ dead: z.array(deadTaskSchema) })),
  },
  retry: {
    summary: 'Puts a dead task into its queue again.',
    request: z.lazy(() => z.object({ task: tokenSchema })),
    reply: z.lazy(() => z.object({ task: tokenSchema })),
  },
  status: {
    summary: 'Returns the state of the daemon, which defines the schema.',
    request: z.lazy(() => z.object({})),
    reply: z.lazy(() => z.record(z.string(), z.unknown())),
  },
  purge: {
    summary: 'Deletes everything that is stored of an ended run.',
    request: runOnly,
    reply: z.lazy(() => z.object({ run: tokenSchema, messages: z.number().int() })),
  },
} as const

/** The name of an operation on runs. */
export type RunOp = keyof typeof RUN_OPS
/** The request of an operation, parsed. */
export type RunRequest<O extends RunOp> = z.output<(typeof RUN_OPS)[O]['request']>
/** The request of an operation before parsing: fields with defaults are optional. */
export type RunRequestInput<O extends RunOp> = z.input<(typeof RUN_OPS)[O]['request']>
/** The reply of an operation. */
export type RunReply<O extends RunOp> = z.output<(typeof RUN_OPS)[O]['reply']>
