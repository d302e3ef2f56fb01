import { z } from 'zod'
import { at, coordinatorRecordSchemas } from './coordinator-records.ts'
import { decisionFields } from './decision.ts'
import { callFailureSchema } from './gate.ts'
import { levelSchema } from './level.ts'
import { type ModelReply, modelReplySchema } from './model.ts'
import {
  artifactRefSchema,
  type TaskResult,
  type TaskSpec,
  taskInputSchema,
  taskResultSchema,
  taskSpecSchema,
} from './task.ts'
import { effectSchema } from './tool.ts'
import { usageSchema } from './usage.ts'

/**
 * Version of the record schemas. Raise it only if a reader of the old schemas would misread the new ones. A new record
 * type or a new optional field needs no new version.
 */
export const JOURNAL_VERSION = 1

/** How a call ended. `value` is encoded text (see `encodeValue`). */
const outcomeFields = () => ({
  step: z.number().int(),
  call: z.string(),
  ok: z.boolean(),
  value: z.string().optional(),
  reason: callFailureSchema.optional(),
  message: z.string().optional(),
  /** The call failed for a reason that may go away. The host has retried it already, as far as its effect allowed. */
  transient: z.literal(true).optional(),
  /** What a delegate has used, and the files that it returned. Older records have them in `value`. */
  usage: usageSchema.optional(),
  artifacts: z.array(artifactRefSchema).optional(),
  ms: z.number(),
})

// A record has the name and the fields of its event: an event is its record without the texts.
const recordSchemas = () =>
  [
    /** First record of a task. Holds everything that a host needs. */
    z.object({ type: z.literal('task.created'), ...at, ...taskSpecSchema.unwrap().shape }),
    /** A host takes the task, for the first time or after another host. */
    z.object({
      type: z.literal('task.started'),
      ...at,
      attempt: z.number().int().positive(),
      host: z.string(),
      engine: z.object({ node: z.string(), v8: z.string(), bailiwick: z.string() }),
      level: levelSchema,
      /** SHA-256 of the rendered level prompt. With the journal it determines every model request. */
      promptHash: z.string().optional(),
      /** The agent's own sandbox limits. Replay needs them to stop code where it was stopped before. */
      limits: z.record(z.string(), z.number()).optional(),
    }),
    /** The host shut down in order and left the task open. Does not count as a failed attempt. */
    z.object({ type: z.literal('task.suspended'), ...at, attempt: z.number().int() }),
    /** The host left the task, because all open calls of the step wait for people and delegates. Frees everything. */
    z.object({
      type: z.literal('task.waiting'),
      ...at,
      step: z.number().int(),
      /** The calls that wait for a decision or a delegate. */
      calls: z.array(z.string()),
      /** Since when the task has only waited, Unix milliseconds. */
      since: z.number().optional(),
    }),
    /** The agent's own plan before this step. */
    z.object({ type: z.literal('task.planned'), ...at, step: z.number().int(), text: z.string() }),
    /** A model's whole reply. Acknowledged before anything in it takes effect. */
    z.object({
      type: z.literal('step.replied'),
      ...at,
      step: z.number().int().positive(),
      purpose: z.enum(['plan', 'act', 'judge', 'last']),
      ...modelReplySchema.unwrap().shape,
    }),
    /** A code step begins: the turn input that carries code. */
    z.object({
      type: z.literal('step.started'),
      ...at,
      step: z.number().int().positive(),
      code: z.string(),
      clock: z.number(),
      /** Seed of the step's randomness. Default: the task's seed. */
      seed: z.string().optional(),
      /** Names of the functions that the code can call. */
      functions: z.array(z.string()),
      /** Digest of their names and schemas. */
      cards: z.string().optional(),
      /** Names of files that are no variables: using one throws. */
      files: z.array(z.string()).exactOptional(),
    }),
    /** A host died during this turn, and the next host starts it again. */
    z.object({
      type: z.literal('turn.restarted'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
    }),
    /** A call is about to leave. If its effect is `once`, the record is acknowledged before the call leaves. */
    z.object({
      type: z.literal('call.started'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      call: z.string(),
      name: z.string(),
      /** Encoded text. */
      arguments: z.string(),
      effect: effectSchema,
      key: z.string(),
    }),
    /** A call's outcome, in the order of delivery. */
    z.object({ type: z.literal('call.ended'), ...at, ...outcomeFields(), clock: z.number() }),
    /** A call's outcome that arrived after the end of its step and was never delivered. */
    z.object({ type: z.literal('call.late'), ...at, ...outcomeFields() }),
    /** Running code was told to stop. */
    z.object({
      type: z.literal('step.canceled'),
      ...at,
      step: z.number().int(),
      reason: z.string(),
      clock: z.number(),
    }),
    /** A turn's output. Replay compares it. */
    z.object({
      type: z.literal('turn.committed'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      calls: z.array(z.object({ id: z.string(), name: z.string(), argsHash: z.string() })),
      done: z.boolean(),
      cpuMs: z.number(),
    }),
    /** A turn was killed or stopped, so it never happened. Replaces the turn and holds its lost input. */
    z.object({
      type: z.literal('turn.voided'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      reason: z.enum(['timeout', 'out-of-memory', 'canceled', 'crashed']),
      /** Explains the reason to the model. */
      message: z.string().optional(),
      lost: z.unknown().optional(),
    }),
    /** The step has ended. */
    z.object({
      type: z.literal('step.ended'),
      ...at,
      step: z.number().int().positive(),
      status: z.enum(['ok', 'error', 'timeout', 'out-of-memory', 'canceled']),
      /** The whole text that goes into the next prompt. */
      observation: z.string(),
      /** Which parts of the observation are data, not our own words: the start and end of each. */
      data: z.array(z.tuple([z.number().int(), z.number().int()])).optional(),
      /** The reply held no action: no code, no call, no answer. */
      idle: z.literal(true).optional(),
      worldHash: z.string().optional(),
      /** Encoded text of the final answer, if the step gave one. */
      final: z.string().optional(),
    }),
    /** The gate refused a call. */
    z.object({
      type: z.literal('call.refused'),
      ...at,
      step: z.number().int(),
      call: z.string().optional(),
      name: z.string(),
      reason: z.string(),
    }),
    /** A call waits for a person's decision. */
    z.object({
      type: z.literal('call.asked'),
      ...at,
      step: z.number().int(),
      call: z.string(),
      name: z.string(),
      /** Encoded text. */
      arguments: z.string(),
    }),
    /** A person approved or rejected a call. */
    z.object({
      type: z.literal('call.decided'),
      ...at,
      call: z.string(),
      ...decisionFields(),
      by: z.string(),
    }),
    /** The step ended while the call waited for a decision, so the call no longer needs one. */
    z.object({ type: z.literal('call.withdrawn'), ...at, step: z.number().int(), call: z.string() }),
    /** The world after a step, as text. A shortcut for the next host; replay remains the truth. */
    z.object({
      type: z.literal('step.checkpointed'),
      ...at,
      step: z.number().int().positive(),
      fits: z.string(),
      worldHash: z.string(),
      text: z.string(),
    }),
    /** A checkpoint did not restore the recorded world. It is not tried again. */
    z.object({
      type: z.literal('step.checkpoint-refused'),
      ...at,
      step: z.number().int().positive(),
      reason: z.string(),
    }),
    /** Replayed code asked for something other than the journal holds. */
    z.object({
      type: z.literal('task.diverged'),
      ...at,
      step: z.number().int(),
      turn: z.number().int(),
      recorded: z.string(),
      replayed: z.string(),
      /** Node and V8 versions of the earlier attempts and of this one. */
      engines: z.object({ recorded: z.array(z.string()), replayed: z.string() }).optional(),
    }),
    /** The conversation goes on: the ended task gets another request. */
    z.object({
      type: z.literal('task.continued'),
      ...at,
      text: z.string(),
      inputs: z.array(taskInputSchema).optional(),
    }),
    /** Last record of a task, unless it is continued. */
    z.object({ type: z.literal('task.ended'), ...at, ...taskResultSchema.unwrap().shape }),
    ...coordinatorRecordSchemas(),
  ] as const

/** Any record of a journal. */
export const journalRecordSchema = z.lazy(() => z.discriminatedUnion('type', recordSchemas()))
export type JournalRecord = z.infer<typeof journalRecordSchema>
/** The record of one type, for example `RecordOf<'call.started'>`. */
export type RecordOf<T extends JournalRecord['type']> = Extract<JournalRecord, { type: T }>

/** The spec that a task was created with. */
export function taskSpecOf({ type: _, at: __, ...spec }: RecordOf<'task.created'>): TaskSpec {
  return spec
}

/** The result that a task ended with. */
export function taskResultOf(record: RecordOf<'task.ended'> | RecordOf<'task.returned'>): TaskResult {
  const { status, output, error, usage, artifacts } = record
  return {
    status,
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    usage,
    artifacts,
  }
}

/** The model's reply as the model returned it. */
export function modelReplyOf(record: RecordOf<'step.replied'>): ModelReply {
  const { type: _, at: __, step: ___, purpose: ____, ...reply } = record
  return reply
}

/**
 * An append-only log with a fence: an append succeeds only if no other writer has appended since this
 * instance last read or wrote.
 */
export interface Journal {
  /** Reads every record from the first, in order. Sets the fence at the end of what it read. */
  read(): AsyncIterable<JournalRecord>
  /** Appends all records or none. @throws FencedError if another writer has appended */
  append(records: JournalRecord[]): Promise<void>
}
