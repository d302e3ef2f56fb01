import {
  addUsage,
  decodeValue,
  functionName,
  JournalError,
  type JournalRecord,
  modelReplyOf,
  NO_USAGE,
  type RecordOf,
  type TaskResult,
  type TaskSpec,
  type TurnInput,
  taskResultOf,
  taskSpecOf,
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
  const spec = taskSpecOf(first)
  const state = {
    ...begin(spec, 1),
    chapters: [{ spec, firstStep: 1 }],
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
    case 'task.continued': {
      const spec: TaskSpec = { ...state.spec, text: record.text, inputs: record.inputs ?? [], results: {} }
      const firstStep = (state.steps.at(-1)?.step ?? 0) + 1
      Object.assign(state, begin(spec, firstStep))
      state.chapters.push({ spec, firstStep })
      return
    }
    case 'task.started':
      state.attempts = record.attempt
      state.engines.push(`node ${record.engine.node}, V8 ${record.engine.v8}`)
      state.startedAt ??= record.at
      state.limits = record.limits
      return
    case 'task.suspended': {
      const last = state.steps.at(-1)
      if (last !== undefined) last.begun -= 1
      return
    }
    case 'step.replied':
      state.usage = addUsage(state.usage, record.usage)
      state.replies += 1
      if (record.purpose === 'last') state.lastReply = modelReplyOf(record)
      else if (record.purpose === 'plan') stepOf(state, record.step).plan = record.text
      else if (record.purpose === 'judge') stepOf(state, record.step).judgements.push(modelReplyOf(record))
      else stepOf(state, record.step).reply = modelReplyOf(record)
      return
    case 'task.planned':
      stepOf(state, record.step).plan = record.text
      return
    case 'step.started':
      stepOf(state, record.step).code = record
      stepOf(state, record.step).begun = 1
      return
    case 'turn.restarted':
      stepOf(state, record.step).begun += 1
      return
    case 'call.started':
      state.calls += 1
      callOf(state, record.step, record.call).started = record
      return
    case 'call.ended':
    case 'call.late':
      applyOutcome(state, record)
      return
    case 'step.canceled':
      deliver(state, record.step, { kind: 'cancel', reason: record.reason, clock: record.clock })
      return
    case 'turn.committed': {
      const { step, turn, calls, done, cpuMs } = record
      stepOf(state, step).turns.push({ step, turn, calls, done, cpuMs })
      stepOf(state, step).begun = 0
      state.cpuMs += cpuMs
      state.uncheckpointedMs += cpuMs
      return
    }
    case 'turn.voided': {
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
    case 'step.ended':
      stepOf(state, record.step).observed = record
      return
    case 'call.asked':
      state.asked.add(record.call)
      return
    case 'call.decided':
      state.approvals.set(record.call, record)
      return
    case 'step.checkpointed': {
      const { step, fits, worldHash, text } = record
      state.checkpoints = state.checkpoints.filter((other) => other.fits !== fits)
      state.checkpoints.push({ step, fits, worldHash, text })
      state.uncheckpointedMs = 0
      return
    }
    case 'step.checkpoint-refused':
      state.checkpoints = state.checkpoints.filter(({ step }) => step !== record.step)
      return
    case 'task.diverged':
      state.checkpoints = []
      state.worldLostAfter = state.steps.at(-1)?.step ?? record.step
      return
    case 'task.ended':
      state.ended = taskResultOf(record)
      return
  }
}

function callOf(state: TaskState, step: number, id: string): CallState {
  const { calls } = stepOf(state, step)
  const call = calls.get(id) ?? {}
  calls.set(id, call)
  return call
}

function applyOutcome(state: TaskState, record: RecordOf<'call.ended'> | RecordOf<'call.late'>): void {
  const call = callOf(state, record.step, record.call)
  if (record.type === 'call.ended' || call.outcome === undefined) call.outcome = record
  if (record.value !== undefined && isDelegate(state, call)) {
    state.usage = addUsage(state.usage, (decodeValue(record.value) as TaskResult).usage)
  }
  if (record.type === 'call.late') return
  const { call: id, ok, value = '', reason = 'error', message = '', clock } = record
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
