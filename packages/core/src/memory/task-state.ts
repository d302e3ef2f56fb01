import type { JournalRecord, RecordOf } from '../contract/journal.ts'
import type { TurnInput } from '../contract/sandbox.ts'
import type { TaskResult, TaskSpec } from '../contract/task.ts'
import { addUsage, NO_USAGE, type Usage } from '../contract/usage.ts'
import { JournalError } from '../errors/journal-error.ts'

/** One step as its records tell it. */
export interface StepState {
  step: number
  plan?: string
  reply?: RecordOf<'reply'>
  code?: RecordOf<'step'>
  started: RecordOf<'started'>[]
  outcomes: RecordOf<'outcome'>[]
  /** What was delivered to running code, in order. */
  inputs: TurnInput[]
  turns: RecordOf<'turn'>[]
  voided?: RecordOf<'void'>
  observed?: RecordOf<'observed'>
}

/** A task as a fold over its journal. */
export interface TaskState {
  spec: TaskSpec
  steps: StepState[]
  attempts: number
  /** When the first attempt began: wall time counts from here. */
  begunAt: number | undefined
  usage: Usage
  calls: number
  ended?: TaskResult
  last?: RecordOf<'reply'>
}

/** The state that a journal's records fold to. @throws JournalError where the first one creates no task */
export function foldRecords(records: readonly JournalRecord[]): TaskState {
  const [first] = records
  if (first?.type !== 'task.created') {
    throw new JournalError(
      `a task's journal begins with "task.created"; this one with "${first?.type ?? 'nothing'}"`,
    )
  }
  const state: TaskState = {
    spec: first.spec,
    steps: [],
    attempts: 0,
    begunAt: undefined,
    usage: NO_USAGE,
    calls: 0,
  }
  for (const record of records.slice(1)) applyRecord(state, record)
  return state
}

/** Takes one more record into the state. */
export function applyRecord(state: TaskState, record: JournalRecord): void {
  switch (record.type) {
    case 'attempt':
      state.attempts = record.attempt
      state.begunAt ??= record.at
      break
    case 'planned':
      stepOf(state, record.step).plan = record.text
      break
    case 'reply':
      state.usage = addUsage(state.usage, record.reply.usage)
      if (record.purpose === 'act') stepOf(state, record.step).reply = record
      if (record.purpose === 'last') state.last = record
      break
    case 'step':
      stepOf(state, record.step).code = record
      break
    case 'started':
      state.calls += 1
      stepOf(state, record.step).started.push(record)
      break
    case 'outcome': {
      const step = stepOf(state, record.step)
      step.outcomes.push(record)
      const { id, clock } = record
      const outcome = record.ok
        ? { id, ok: true as const, value: record.value ?? 'null' }
        : { id, ok: false as const, reason: record.reason ?? 'error', message: record.message ?? '' }
      step.inputs.push({ kind: 'outcome', outcome, clock })
      break
    }
    case 'cancel':
      stepOf(state, record.step).inputs.push({ kind: 'cancel', reason: record.reason, clock: record.clock })
      break
    case 'turn':
      stepOf(state, record.step).turns.push(record)
      break
    case 'void': {
      const step = stepOf(state, record.step)
      step.voided = record
      // The voided turn's input was journaled when it was delivered; it never happened.
      if (record.lost !== undefined) step.inputs.pop()
      break
    }
    case 'observed':
      stepOf(state, record.step).observed = record
      break
    case 'task.ended':
      state.ended = record.result
      break
    default:
  }
}

/** The step of that number, made where it is new. */
export function stepOf(state: TaskState, step: number): StepState {
  let found = state.steps.find((candidate) => candidate.step === step)
  if (found === undefined) {
    found = { step, started: [], outcomes: [], inputs: [], turns: [] }
    state.steps.push(found)
  }
  return found
}
