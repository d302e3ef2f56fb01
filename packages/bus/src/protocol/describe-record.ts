import { createHash } from 'node:crypto'
import type { JournalRecord, RecordOf, TaskInput } from '@bailiwick/contract'
import type { EventData, EventName } from './event-types.ts'

/** An event's name and data; `about` where it concerns another task than the journal's. */
export type Described = {
  [N in EventName]: { name: N; data: EventData<N>; about?: { task: string; agent: string } }
}[EventName]

/** What an event tells of a record: everything but its texts. */
export function describeRecord(record: JournalRecord): Described {
  switch (record.type) {
    case 'run.submitted':
      return { name: 'run.submitted', data: describeSubmitted(record) }
    case 'run.planned':
      return { name: 'run.planned', data: { tasks: record.plan.tasks.map(({ text: _, ...task }) => task) } }
    case 'run.dispatched': {
      const { name, attempt, task, agent } = record
      return { name: 'task.dispatched', data: { name, attempt }, about: { task, agent } }
    }
    case 'run.returned': {
      const { name, result, task } = record
      return {
        name: 'task.returned',
        data: { name, status: result.status },
        about: { task, agent: 'coordinator' },
      }
    }
    case 'run.cancel-requested':
      return { name: 'run.cancel-requested', data: { by: record.by } }
    case 'run.ended':
      return { name: 'run.ended', data: describeEnd({ ...record, output: record.answer }) }
    case 'task.created':
      return { name: 'task.created', data: describeCreated(record) }
    case 'task.ended':
      return { name: 'task.ended', data: describeEnd(record.result) }
    case 'attempt':
      return { name: 'task.started', data: { attempt: record.attempt, host: record.host } }
    case 'suspended':
      return { name: 'task.suspended', data: { attempt: record.attempt } }
    case 'planned':
      return { name: 'task.planned', data: { step: record.step, text: markText(record.text) } }
    case 'continued':
      return { name: 'task.continued', data: { text: markText(record.text) } }
    case 'diverged': {
      const { step, turn, recorded, replayed } = record
      return {
        name: 'task.diverged',
        data: { step, turn, recorded: markText(recorded), replayed: markText(replayed) },
      }
    }
    case 'access.refused': {
      const { user, action, subjects, count, atLeast } = record
      return { name: 'access.refused', data: { user, action, subjects, count, atLeast } }
    }
    default:
      return describeWork(record)
  }
}

type WorkRecord = Exclude<
  JournalRecord,
  {
    type:
      | `run.${string}`
      | `task.${string}`
      | 'access.refused'
      | 'attempt'
      | 'suspended'
      | 'planned'
      | 'continued'
      | 'diverged'
  }
>

function describeWork(record: WorkRecord): Described {
  switch (record.type) {
    case 'reply':
      return { name: 'step.replied', data: describeReply(record) }
    case 'step': {
      const { step, code, functions } = record
      return { name: 'step.started', data: { step, code: markText(code), functions } }
    }
    case 'cancel':
      return { name: 'step.canceled', data: { step: record.step } }
    case 'observed': {
      const { step, status, text, final, worldHash } = record
      const data = { step, status, observation: markText(text), final: final !== undefined }
      return { name: 'step.ended', data: worldHash === undefined ? data : { ...data, worldHash } }
    }
    case 'checkpoint': {
      const { step, text, worldHash } = record
      return { name: 'step.checkpointed', data: { step, text: markText(text), worldHash } }
    }
    case 'checkpoint.refused':
      return { name: 'step.checkpoint-refused', data: { step: record.step, why: markText(record.why) } }
    case 'turn': {
      const { step, turn, calls, done, cpuMs } = record
      return { name: 'turn.committed', data: { step, turn, calls: calls.length, done, cpuMs } }
    }
    case 'turn.again':
      return { name: 'turn.begun-again', data: { step: record.step, turn: record.turn } }
    case 'void':
      return { name: 'turn.voided', data: { step: record.step, turn: record.turn, reason: record.reason } }
    case 'started': {
      const { step, id: call, name, effect, args } = record
      return { name: 'call.started', data: { step, call, name, effect, arguments: markText(args) } }
    }
    case 'outcome':
      return { name: 'call.ended', data: describeOutcome(record) }
    case 'late':
      return { name: 'call.late', data: describeOutcome(record) }
    case 'policy.refused': {
      const { step, id, name, reason } = record
      const data = { step, name, reason: markText(reason) }
      return { name: 'call.refused', data: id === undefined ? data : { ...data, call: id } }
    }
    case 'asked': {
      const { step, id: call, name, args } = record
      return { name: 'call.asked', data: { step, call, name, arguments: markText(args) } }
    }
    case 'answered':
      return { name: 'call.answered', data: { call: record.id, approved: record.approved, by: record.by } }
  }
}

/** A text's length and digest, which say whether it was that one, and nothing of what it says. */
export function markText(text: string): { bytes: number; sha256: string } {
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') }
}

function describeSubmitted({ strategy, submittedBy, agent, text, inputs }: RecordOf<'run.submitted'>) {
  const data = { strategy, submittedBy, text: markText(text), inputs: inputs.map(describeInput) }
  return agent === undefined ? data : { ...data, agent }
}

function describeCreated({ spec }: RecordOf<'task.created'>): EventData<'task.created'> {
  const { name, text, grant, inputs, depth, parent } = spec
  return {
    name,
    text: markText(text),
    tools: grant.tools.map((tool) => tool.name),
    delegates: grant.delegates.map((delegate) => delegate.name),
    imports: grant.imports,
    inputs: inputs.map(describeInput),
    depth,
    ...(parent !== undefined && { parent }),
  }
}

function describeReply({ step, purpose, reply }: RecordOf<'reply'>): EventData<'step.replied'> {
  const { model, finish, calls, usage, timing, text } = reply
  return { step, purpose, model, finish, calls: calls.length, usage, ...timing, text: markText(text) }
}

function describeOutcome(record: RecordOf<'outcome'> | RecordOf<'late'>): EventData<'call.ended'> {
  const { step, id, ok, reason, ms, value } = record
  return {
    step,
    call: id,
    ok,
    ms,
    ...(reason !== undefined && { reason }),
    ...(value !== undefined && { value: markText(value) }),
  }
}

function describeEnd(end: RecordOf<'task.ended'>['result']): EventData<'task.ended'> {
  const { status, error, usage, artifacts, output } = end
  const { code, limit } = error ?? {}
  return {
    status,
    usage,
    artifacts,
    ...(code !== undefined && { error: { code, ...(limit !== undefined && { limit }) } }),
    ...(output !== undefined && { output: markText(JSON.stringify(output)) }),
  }
}

function describeInput({ name, artifact }: TaskInput): { name: string; bytes?: number } {
  return artifact === undefined ? { name } : { name, bytes: artifact.size }
}
