import {
  artifactRefSchema,
  effectSchema,
  finalStatusSchema,
  levelSchema,
  usageSchema,
} from '@bailiwick/contract'
import { z } from 'zod'

/** Stands for a text that the event leaves out. */
export const textMarkSchema = z.lazy(() =>
  z.object({
    /** Bytes of UTF-8. */
    bytes: z.number().int().nonnegative(),
    /** Hex digest of the text. */
    sha256: z.string(),
  }),
)

const step = z.lazy(() => z.number().int())
const call = z.lazy(() => z.string())
const input = z.lazy(() =>
  z.object({ name: z.string(), artifact: z.object({ size: z.number().int() }).optional() }),
)
const named = z.lazy(() => z.object({ name: z.string() }))
const ended = () => ({
  status: finalStatusSchema,
  error: z.object({ code: z.string(), limit: z.string().optional() }).optional(),
  usage: usageSchema,
  artifacts: z.array(artifactRefSchema),
})
const outcome = () => ({
  step,
  call,
  ok: z.boolean(),
  reason: z.string().optional(),
  ms: z.number(),
  value: textMarkSchema.optional(),
})

/**
 * Every event by name (`<entity>.<verb>`), with its meaning and its data. An event has the name and the fields of
 * its record, without the texts: prompts, replies, code, arguments, results and reasons in words are only marked.
 * Users who may read the texts read the journals. A change that would mislead a subscriber needs a `v2` of that
 * event; a new optional field does not.
 */
export const EVENT_TYPES = {
  'run.submitted': {
    summary: 'The run was admitted. From here on it survives the death of any process.',
    data: z.lazy(() =>
      z.object({
        strategy: z.string(),
        owner: z.string(),
        agent: z.string().optional(),
        text: textMarkSchema,
        inputs: z.array(input),
      }),
    ),
  },
  'run.planned': {
    summary: 'The run was split into tasks.',
    data: z.lazy(() =>
      z.object({
        tasks: z.array(
          z.object({
            name: z.string(),
            agent: z.string(),
            after: z.array(z.string()),
            inputs: z.array(z.string()),
          }),
        ),
      }),
    ),
  },
  'run.cancel-requested': {
    summary: 'A user asked to cancel the run.',
    data: z.lazy(() => z.object({ by: z.string() })),
  },
  'run.decided': {
    summary: 'A person decided on a call of a task. The task goes on as soon as a host takes it.',
    data: z.lazy(() =>
      z.object({ task: z.string(), call, decision: z.enum(['approve', 'reject']), by: z.string() }),
    ),
  },
  'run.ended': {
    summary: 'The run ended. Its last event.',
    data: z.lazy(() => z.object({ ...ended(), answer: textMarkSchema.optional() })),
  },
  'task.created': {
    summary: 'A task was created with everything that a host needs.',
    data: z.lazy(() =>
      z.object({
        task: z.string(),
        agent: z.string(),
        name: z.string(),
        text: textMarkSchema,
        inputs: z.array(input),
        depth: z.number().int(),
        grant: z.object({
          level: levelSchema,
          tools: z.array(named),
          delegates: z.array(named),
          imports: z.array(z.string()),
        }),
        parent: z.object({ agent: z.string(), task: z.string(), call }).optional(),
      }),
    ),
  },
  'task.dispatched': {
    summary: "A task of the plan was put into its agent's queue.",
    data: z.lazy(() =>
      z.object({ name: z.string(), task: z.string(), agent: z.string(), attempt: z.number().int() }),
    ),
  },
  'task.started': {
    summary: 'A host took the task, for the first time or after another host.',
    data: z.lazy(() => z.object({ attempt: z.number().int(), host: z.string() })),
  },
  'task.suspended': {
    summary: 'The host shut down in order. The next host resumes the task.',
    data: z.lazy(() => z.object({ attempt: z.number().int() })),
  },
  'task.waiting': {
    summary: 'No host has the task until a person decides on one of its calls, or a delegate ends.',
    data: z.lazy(() => z.object({ step, calls: z.array(call), since: z.number().optional() })),
  },
  'task.planned': {
    summary: 'The agent planned its next steps.',
    data: z.lazy(() => z.object({ step, text: textMarkSchema })),
  },
  'task.diverged': {
    summary:
      'Replayed code asked for something other than the journal holds. The next step starts in an empty world.',
    data: z.lazy(() =>
      z.object({ step, turn: z.number().int(), recorded: textMarkSchema, replayed: textMarkSchema }),
    ),
  },
  'task.continued': {
    summary: 'The ended task got another request.',
    data: z.lazy(() => z.object({ text: textMarkSchema })),
  },
  'task.ended': {
    summary: 'The task ended. Its last event, unless it is continued.',
    data: z.lazy(() => z.object({ ...ended(), output: textMarkSchema.optional() })),
  },
  'task.returned': {
    summary: 'The coordinator recorded the end of a task of the plan.',
    data: z.lazy(() => z.object({ name: z.string(), task: z.string(), status: finalStatusSchema })),
  },
  'step.replied': {
    summary: 'A model replied.',
    data: z.lazy(() =>
      z.object({
        step,
        purpose: z.string(),
        model: z.string(),
        finish: z.string(),
        calls: z.number().int(),
        usage: usageSchema,
        timing: z.object({ firstMs: z.number(), totalMs: z.number() }),
        text: textMarkSchema,
      }),
    ),
  },
  'step.started': {
    summary: 'The code of the step starts.',
    data: z.lazy(() => z.object({ step, code: textMarkSchema, functions: z.array(z.string()) })),
  },
  'step.canceled': {
    summary: 'Running code was told that it is canceled.',
    data: z.lazy(() => z.object({ step })),
  },
  'step.ended': {
    summary: 'The step ended, and its observation is final.',
    data: z.lazy(() =>
      z.object({
        step,
        status: z.string(),
        observation: textMarkSchema,
        final: textMarkSchema.optional(),
        worldHash: z.string().optional(),
      }),
    ),
  },
  'step.checkpointed': {
    summary: 'The world after the step was saved for the next host.',
    data: z.lazy(() => z.object({ step, text: textMarkSchema, worldHash: z.string() })),
  },
  'step.checkpoint-refused': {
    summary: 'A checkpoint did not restore the recorded world. Every step is executed instead.',
    data: z.lazy(() => z.object({ step, reason: textMarkSchema })),
  },
  'turn.restarted': {
    summary: 'A host died during this turn, and the next host starts it again.',
    data: z.lazy(() => z.object({ step, turn: z.number().int() })),
  },
  'turn.voided': {
    summary: 'A turn was killed or stopped. None of its effects remain.',
    data: z.lazy(() => z.object({ step, turn: z.number().int(), reason: z.string() })),
  },
  'call.started': {
    summary: 'A call that may change something is about to leave.',
    data: z.lazy(() =>
      z.object({ step, call, name: z.string(), effect: effectSchema, arguments: textMarkSchema }),
    ),
  },
  'call.ended': { summary: "A call's outcome was delivered.", data: z.lazy(() => z.object(outcome())) },
  'call.late': {
    summary: "A call's outcome arrived after the end of its step and was not delivered.",
    data: z.lazy(() => z.object(outcome())),
  },
  'call.refused': {
    summary: 'The gate refused a call.',
    data: z.lazy(() => z.object({ step, call: call.optional(), name: z.string(), reason: textMarkSchema })),
  },
  'call.asked': {
    summary: "A call waits for a person's decision.",
    data: z.lazy(() => z.object({ step, call, name: z.string(), arguments: textMarkSchema })),
  },
  'call.decided': {
    summary: 'A person approved or rejected a call.',
    data: z.lazy(() => z.object({ call, decision: z.enum(['approve', 'reject']), by: z.string() })),
  },
  'call.withdrawn': {
    summary: 'The step ended before a person decided on the call, so the call no longer needs a decision.',
    data: z.lazy(() => z.object({ step, call })),
  },
  'access.refused': {
    summary: 'NATS refused something to a user. Repetitions are counted and reported ever more rarely.',
    data: z.lazy(() =>
      z.object({
        user: z.string(),
        action: z.string(),
        subjects: z.array(z.string()),
        count: z.number().int(),
        atLeast: z.boolean(),
      }),
    ),
  },
  'journal.unreadable': {
    summary: 'A journal holds something that this version cannot read. It was set aside.',
    data: z.lazy(() => z.object({ text: textMarkSchema, reason: textMarkSchema })),
  },
} as const

/** The name of an event type. */
export type EventName = keyof typeof EVENT_TYPES
/** The data of an event type. */
export type EventData<N extends EventName> = z.output<(typeof EVENT_TYPES)[N]['data']>
