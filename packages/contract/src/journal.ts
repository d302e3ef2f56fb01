import { z } from 'zod'
import { at, coordinatorRecordSchemas } from './coordinator-records.ts'
import { callFailureSchema } from './gate.ts'
import { levelSchema } from './level.ts'
import { modelReplySchema } from './model.ts'
import { taskInputSchema, taskResultSchema, taskSpecSchema } from './task.ts'
import { effectSchema } from './tool.ts'

/**
 * The journal of a task: every input in the order in which it was delivered, after which the task's
 * whole state is a fold. Raise {@link JOURNAL_VERSION} when a reader of the old shape would go wrong;
 * adding an optional field or a new record type is no such change.
 */
export const JOURNAL_VERSION = 1

/** What a code step's call or a JSON call came to, as journaled. `value` is encoded text. */
const outcomeFields = () => ({
  step: z.number().int(),
  id: z.string(),
  ok: z.boolean(),
  value: z.string().optional(),
  reason: callFailureSchema.optional(),
  message: z.string().optional(),
  ms: z.number(),
})

const recordSchemas = () =>
  [
    /** First record of a task, by whoever creates it: everything a host needs. */
    z.object({ type: z.literal('task.created'), ...at, spec: taskSpecSchema }),
    /** A host takes the task (again). */
    z.object({
      type: z.literal('attempt'),
      ...at,
      attempt: z.number().int().positive(),
      host: z.string(),
      engine: z.object({ node: z.string(), v8: z.string(), bailiwick: z.string() }),
      level: levelSchema,
      /** SHA-256 of the level's prompt as rendered: with the journal it determines what the model was asked. */
      promptHash: z.string().optional(),
      /** Limits of the agent's own: code that was stopped at one is stopped there again. */
      limits: z.record(z.string(), z.number()).optional(),
    }),
    /** A host left the task open, in order: nothing of it is the task's fault. */
    z.object({ type: z.literal('suspended'), ...at, attempt: z.number().int() }),
    /** A plan that the agent made for itself, before the step named. */
    z.object({ type: z.literal('planned'), ...at, step: z.number().int(), text: z.string() }),
    /** A model's reply, whole: acknowledged before anything in it is acted on. */
    z.object({
      type: z.literal('reply'),
      ...at,
      step: z.number().int().positive(),
      purpose: z.enum(['plan', 'act', 'judge', 'last']),
      reply: modelReplySchema,
    }),
    /** A code step begins: the turn input that carries code. */
    z.object({
      type: z.literal('step'),
      ...at,
      step: z.number().int().positive(),
      code: z.string(),
      clock: z.number(),
      /** What the step's randomness derives from; the task's seed where it is absent. */
      seed: z.string().optional(),
      /** Names of what the code could call. */
      functions: z.array(z.string()),
      /** Digest of their names and schemas. */
      cards: z.string().optional(),
    }),
    /** The turn that was under way when its host died is begun again. */
    z.object({
      type: z.literal('turn.again'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
    }),
    /** A call is about to leave. For effect `once` it is acknowledged before the call does. */
    z.object({
      type: z.literal('started'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      id: z.string(),
      name: z.string(),
      /** Encoded text. */
      args: z.string(),
      effect: effectSchema,
      key: z.string(),
    }),
    /** A call's outcome, in the order of delivery. */
    z.object({ type: z.literal('outcome'), ...at, ...outcomeFields(), clock: z.number() }),
    /** A call's outcome that came after its step's end and was never delivered. */
    z.object({ type: z.literal('late'), ...at, ...outcomeFields() }),
    /** A cancel that was delivered to running code. */
    z.object({
      type: z.literal('cancel'),
      ...at,
      step: z.number().int(),
      reason: z.string(),
      clock: z.number(),
    }),
    /** What a turn gave: compared on replay. */
    z.object({
      type: z.literal('turn'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      calls: z.array(z.object({ id: z.string(), name: z.string(), argsHash: z.string() })),
      done: z.boolean(),
      cpuMs: z.number(),
    }),
    /** A turn that was killed or stopped: it never happened. Replaces the turn and carries its lost input. */
    z.object({
      type: z.literal('void'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      reason: z.enum(['timeout', 'out-of-memory', 'canceled', 'crashed']),
      /** In words, for the model. */
      message: z.string().optional(),
      lost: z.unknown().optional(),
    }),
    /** The step's end: what the model is shown. */
    z.object({
      type: z.literal('observed'),
      ...at,
      step: z.number().int().positive(),
      status: z.enum(['ok', 'error', 'timeout', 'out-of-memory', 'canceled']),
      /** The whole text that goes into the next prompt. */
      text: z.string(),
      worldHash: z.string().optional(),
      /** Encoded text of the final answer, where the step gave one. */
      final: z.string().optional(),
    }),
    /** The gate refused something. */
    z.object({
      type: z.literal('policy.refused'),
      ...at,
      step: z.number().int(),
      id: z.string().optional(),
      name: z.string(),
      reason: z.string(),
    }),
    /** A call waits for a person's answer; and the answer. */
    z.object({
      type: z.literal('asked'),
      ...at,
      step: z.number().int(),
      id: z.string(),
      name: z.string(),
      args: z.string(),
    }),
    z.object({
      type: z.literal('answered'),
      ...at,
      id: z.string(),
      approved: z.boolean(),
      by: z.string(),
      note: z.string().optional(),
    }),
    /** The world after a step, written down: a shortcut for the next host, never the truth. */
    z.object({
      type: z.literal('checkpoint'),
      ...at,
      step: z.number().int().positive(),
      fits: z.string(),
      worldHash: z.string(),
      text: z.string(),
    }),
    /** A checkpoint did not give the world that was recorded: it is not tried again. */
    z.object({
      type: z.literal('checkpoint.refused'),
      ...at,
      step: z.number().int().positive(),
      why: z.string(),
    }),
    /** A replay asked for something else than the journal says. */
    z.object({
      type: z.literal('diverged'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      recorded: z.string(),
      replayed: z.string(),
      /** Node and V8 of the attempts before, and of this one. */
      engines: z.object({ recorded: z.array(z.string()), replayed: z.string() }).optional(),
    }),
    /** The conversation goes on: the task, once ended, is asked for more. */
    z.object({
      type: z.literal('continued'),
      ...at,
      text: z.string(),
      inputs: z.array(taskInputSchema).optional(),
    }),
    /** Last record of a task, unless it is continued. */
    z.object({ type: z.literal('task.ended'), ...at, result: taskResultSchema }),
    ...coordinatorRecordSchemas(),
  ] as const

/** Any record of a journal. */
export const journalRecordSchema = z.lazy(() => z.discriminatedUnion('type', recordSchemas()))
export type JournalRecord = z.infer<typeof journalRecordSchema>
export type RecordOf<T extends JournalRecord['type']> = Extract<JournalRecord, { type: T }>

/**
 * An append-only log with a fence: an append succeeds only if nobody else has appended since this
 * instance last read or wrote. A second writer makes the first one's next append fail.
 */
export interface Journal {
  /** Every record from the first, in order. Fixes the fence at the end of what was read. */
  read(): AsyncIterable<JournalRecord>
  /** Appends all or nothing. @throws FencedError when someone else took over. */
  append(records: JournalRecord[]): Promise<void>
}
