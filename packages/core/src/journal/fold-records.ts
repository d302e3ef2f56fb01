import {
  addUsage,
  decodeValue,
  functionName,
  JournalError,
  type JournalRecord,
  NO_USAGE,
  type TaskResult,
  type TaskSpec,
  type TurnInput,
} from '@bailiwick/contract'
import { type CallState, stepOf, type TaskState } from './task-state.ts'

/** The state after a journal's records. @throws JournalError where the first one creates no task. */
export function foldRecords(records: readonly JournalRecord[]): TaskState {
  const [first, ...rest] = records
  if (first?.type !== 'task.created') {
    throw new JournalError(
      `a task’s journal begins with "task.created"; this one with "${first?.type ?? 'nothing'}"`,
    )
  }
  const state = {
    ...begin(first.spec, 1),
    chapters: [{ spec: first.spec, firstStep: 1 }],
    steps: [],
    worldLostAfter: 0,
    engines: [],
    limits: undefined,
    checkpoints: [],
    cpuMs: 0,
    uncheckpointedMs: 0,
  }
  for (const record of rest) applyRecord(state, record)
  return state
}

type Lasting =
  | 'chapters'
  | 'steps'
  | 'engines'
  | 'limits'
  | 'worldLostAfter'
  | 'checkpoints'
  | 'cpuMs'
  | 'uncheckpointedMs'

/** What begins anew when a conversation goes on: everything but its memory and its world. */
function begin(spec: TaskSpec, firstStep: number): Omit<TaskState, Lasting> {
  return {
    spec,
    firstStep,
    attempts: 0,
    startedAt: undefined,
    usage: NO_USAGE,
    replies: 0,
    calls: 0,
    approvals: new Map(),
    asked: new Set(),
    lastReply: undefined,
    ended: undefined,
  }
}

/** Takes one record into the state, in place. Records of a run's own journal change nothing. */
export function applyRecord(state: TaskState, record: JournalRecord): void {
  switch (record.type) {
    case 'continued': {
      const spec: TaskSpec = { ...state.spec, text: record.text, inputs: record.inputs ?? [], results: {} }
      const firstStep = (state.steps.at(-1)?.step ?? 0) + 1
      Object.assign(state, begin(spec, firstStep))
      state.chapters.push({ spec, firstStep })
      return
    }
    case 'attempt':
      state.attempts = record.attempt
      state.engines.push(`node ${record.engine.node}, V8 ${record.engine.v8}`)
      state.startedAt ??= record.at
      state.limits = record.limits
      return
    case 'suspended': {
      const last = state.steps.at(-1)
      if (last !== undefined) last.begun -= 1
      return
    }
    case 'reply':
      state.usage = addUsage(state.usage, record.reply.usage)
      state.replies += 1
      if (record.purpose === 'last') state.lastReply = record.reply
      else if (record.purpose === 'plan') stepOf(state, record.step).plan = record.reply.text
      else if (record.purpose === 'judge') stepOf(state, record.step).judgements.push(record.reply)
      else stepOf(state, record.step).reply = record.reply
      return
    case 'planned':
      stepOf(state, record.step).plan = record.text
      return
    case 'step':
      stepOf(state, record.step).code = record
      stepOf(state, record.step).begun = 1
      return
    case 'turn.again':
      stepOf(state, record.step).begun += 1
      return
    case 'started':
      state.calls += 1
      callOf(state, record.step, record.id).started = record
      return
    case 'outcome':
    case 'late':
      applyOutcome(state, record)
      return
    case 'cancel':
      deliver(state, record.step, { kind: 'cancel', reason: record.reason, clock: record.clock })
      return
    case 'turn': {
      const { step, turn, calls, done, cpuMs } = record
      stepOf(state, step).turns.push({ step, turn, calls, done, cpuMs })
      stepOf(state, step).begun = 0
      state.cpuMs += cpuMs
      state.uncheckpointedMs += cpuMs
      return
    }
    case 'void': {
      const step = stepOf(state, record.step)
      const lost = record.lost as TurnInput | undefined
      // The lost input was announced as delivered before the turn was killed: it never was.
      if (lost !== undefined) step.inputs.pop()
      const { turn, reason, message } = record
      step.voided = {
        step: record.step,
        turn,
        reason,
        ...(message !== undefined && { message }),
        ...(lost && { lost }),
      }
      return
    }
    case 'observed':
      stepOf(state, record.step).observed = record
      return
    case 'asked':
      state.asked.add(record.id)
      return
    case 'answered':
      state.approvals.set(record.id, record)
      return
    case 'checkpoint': {
      const { step, fits, worldHash, text } = record
      state.checkpoints = state.checkpoints.filter((other) => other.fits !== fits)
      state.checkpoints.push({ step, fits, worldHash, text })
      state.uncheckpointedMs = 0
      return
    }
    case 'checkpoint.refused':
      state.checkpoints = state.checkpoints.filter(({ step }) => step !== record.step)
      return
    case 'diverged':
      state.checkpoints = []
      state.worldLostAfter = state.steps.at(-1)?.step ?? record.step
      return
    case 'task.ended':
      state.ended = record.result
      return
  }
}

function callOf(state: TaskState, step: number, id: string): CallState {
  const { calls } = stepOf(state, step)
  const call = calls.get(id) ?? {}
  calls.set(id, call)
  return call
}

function applyOutcome(state: TaskState, record: Extract<JournalRecord, { type: 'outcome' | 'late' }>): void {
  const call = callOf(state, record.step, record.id)
  if (record.type === 'outcome' || call.outcome === undefined) call.outcome = record
  if (record.value !== undefined && isDelegate(state, call)) {
    state.usage = addUsage(state.usage, (decodeValue(record.value) as TaskResult).usage)
  }
  if (record.type === 'late') return
  const { id, ok, value = '', reason = 'error', message = '', clock } = record
  const outcome = ok ? ({ id, ok, value } as const) : ({ id, ok, reason, message } as const)
  deliver(state, record.step, { kind: 'outcome', outcome, clock })
}

/** An input begins a turn. */
function deliver(state: TaskState, number: number, input: TurnInput): void {
  const step = stepOf(state, number)
  step.inputs.push(input)
  step.begun = 1
}

function isDelegate(state: TaskState, { started }: CallState): boolean {
  return state.spec.grant.delegates.some(({ name }) => functionName(name) === started?.name)
}
