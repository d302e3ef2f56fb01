import { artifactRefSchema, effectSchema, finalStatusSchema, usageSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** A text that the event does not carry: how long it is, and which one it was. */
export const textMarkSchema = z.lazy(() =>
  z.object({
    /** Bytes of UTF-8. */
    bytes: z.number().int().nonnegative(),
    /** Hex digest. */
    sha256: z.string(),
  }),
)

const step = z.lazy(() => z.number().int())
const call = z.lazy(() => z.string())
const named = z.lazy(() => z.object({ name: z.string(), bytes: z.number().int().optional() }))
const ended = () => ({
  status: finalStatusSchema,
  error: z.object({ code: z.string(), limit: z.string().optional() }).optional(),
  usage: usageSchema,
  artifacts: z.array(artifactRefSchema),
  output: textMarkSchema.optional(),
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
 * Every event: `<entity>.<verb>`, what it means, and its data. Texts (prompts, replies, code, arguments,
 * results, reasons in words) are in no event, only their marks: whoever may read them has the journals.
 * A change that would mislead a subscriber makes a `v2` of that event; optional fields do not.
 */
export const EVENT_TYPES = {
  'run.submitted': {
    summary: 'A run was admitted; from here on it survives the death of any process.',
    data: z.lazy(() =>
      z.object({
        strategy: z.string(),
        submittedBy: z.string(),
        agent: z.string().optional(),
        text: textMarkSchema,
        inputs: z.array(named),
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
    summary: 'Somebody asked to cancel the run.',
    data: z.lazy(() => z.object({ by: z.string() })),
  },
  'run.ended': {
    summary: 'The run has ended; the last event of a run.',
    data: z.lazy(() => z.object(ended())),
  },
  'task.created': {
    summary: 'A task was created with everything that its host needs.',
    data: z.lazy(() =>
      z.object({
        name: z.string(),
        text: textMarkSchema,
        tools: z.array(z.string()),
        delegates: z.array(z.string()),
        imports: z.array(z.string()),
        inputs: z.array(named),
        depth: z.number().int(),
        parent: z.object({ agent: z.string(), task: z.string(), call }).optional(),
      }),
    ),
  },
  'task.dispatched': {
    summary: "A task of the plan was put into its agent's queue.",
    data: z.lazy(() => z.object({ name: z.string(), attempt: z.number().int() })),
  },
  'task.started': {
    summary: 'A host took the task; again, when an earlier host died.',
    data: z.lazy(() => z.object({ attempt: z.number().int(), host: z.string() })),
  },
  'task.suspended': {
    summary: 'A host left the task in order: the next one goes on with it.',
    data: z.lazy(() => z.object({ attempt: z.number().int() })),
  },
  'task.planned': {
    summary: 'The agent made a plan for itself.',
    data: z.lazy(() => z.object({ step, text: textMarkSchema })),
  },
  'task.diverged': {
    summary:
      'A replay asked for something else than the journal says; the code goes on in a world of its own.',
    data: z.lazy(() =>
      z.object({ step, turn: z.number().int(), recorded: textMarkSchema, replayed: textMarkSchema }),
    ),
  },
  'task.continued': {
    summary: 'The task, once ended, was asked for more.',
    data: z.lazy(() => z.object({ text: textMarkSchema })),
  },
  'task.ended': {
    summary: 'The task has ended; its last event, unless it is continued.',
    data: z.lazy(() => z.object(ended())),
  },
  'task.returned': {
    summary: 'The coordinator took note of how a task of the plan ended.',
    data: z.lazy(() => z.object({ name: z.string(), status: finalStatusSchema })),
  },
  'step.replied': {
    summary: 'A model answered.',
    data: z.lazy(() =>
      z.object({
        step,
        purpose: z.string(),
        model: z.string(),
        finish: z.string(),
        calls: z.number().int(),
        usage: usageSchema,
        firstMs: z.number(),
        totalMs: z.number(),
        text: textMarkSchema,
      }),
    ),
  },
  'step.started': {
    summary: 'Code begins to run.',
    data: z.lazy(() => z.object({ step, code: textMarkSchema, functions: z.array(z.string()) })),
  },
  'step.canceled': {
    summary: 'A cancel was delivered to running code.',
    data: z.lazy(() => z.object({ step })),
  },
  'step.ended': {
    summary: 'The step is over and its observation fixed.',
    data: z.lazy(() =>
      z.object({
        step,
        status: z.string(),
        observation: textMarkSchema,
        final: z.boolean(),
        worldHash: z.string().optional(),
      }),
    ),
  },
  'step.checkpointed': {
    summary: 'The world after the step was written down, for the next host.',
    data: z.lazy(() => z.object({ step, text: textMarkSchema, worldHash: z.string() })),
  },
  'step.checkpoint-refused': {
    summary: 'A checkpoint did not give the recorded world: every step is executed instead.',
    data: z.lazy(() => z.object({ step, why: textMarkSchema })),
  },
  'turn.committed': {
    summary: 'One input was worked through, until the code was idle.',
    data: z.lazy(() =>
      z.object({
        step,
        turn: z.number().int(),
        calls: z.number().int(),
        done: z.boolean(),
        cpuMs: z.number(),
      }),
    ),
  },
  'turn.begun-again': {
    summary: 'A host died in a turn, and the next one begins it again.',
    data: z.lazy(() => z.object({ step, turn: z.number().int() })),
  },
  'turn.voided': {
    summary: 'A turn was stopped or killed, and undone.',
    data: z.lazy(() => z.object({ step, turn: z.number().int(), reason: z.string() })),
  },
  'call.started': {
    summary: 'A call is about to leave.',
    data: z.lazy(() =>
      z.object({ step, call, name: z.string(), effect: effectSchema, arguments: textMarkSchema }),
    ),
  },
  'call.ended': { summary: "A call's outcome was delivered.", data: z.lazy(() => z.object(outcome())) },
  'call.late': {
    summary: "A call's outcome came after its step's end, and was not delivered.",
    data: z.lazy(() => z.object(outcome())),
  },
  'call.refused': {
    summary: 'The gate refused a call.',
    data: z.lazy(() => z.object({ step, call: call.optional(), name: z.string(), reason: textMarkSchema })),
  },
  'call.asked': {
    summary: "A call waits for somebody's yes.",
    data: z.lazy(() => z.object({ step, call, name: z.string(), arguments: textMarkSchema })),
  },
  'call.answered': {
    summary: 'Somebody said yes or no to a call.',
    data: z.lazy(() => z.object({ call, approved: z.boolean(), by: z.string() })),
  },
  'access.refused': {
    summary: 'NATS refused something to a user; repetitions are counted, and told ever more rarely.',
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
    summary: 'A journal holds something that this version cannot read; it was set aside.',
    data: z.lazy(() => z.object({ text: textMarkSchema, reason: textMarkSchema })),
  },
} as const

export type EventName = keyof typeof EVENT_TYPES
export type EventData<N extends EventName> = z.output<(typeof EVENT_TYPES)[N]['data']>
