import { createHash } from 'node:crypto'
import type { JournalRecord, RecordOf, TaskInput } from '@bailiwick/contract'
import type { EventData, EventName } from './event-types.ts'

/** An event's data, keyed by the event's name. */
export type Described = { [N in EventName]: { name: N; data: EventData<N> } }[EventName]

/**
 * The event of a record: the same name, and the fields listed here. A text becomes its mark, a list of calls its
 * length. A field that is not listed is in no event, so a new field of a record stays private until it is added.
 *
 * @returns undefined for a record that has no event: the coordinator that drives a run, which matters only to other
 * coordinators; the turns of code, and the starts of calls that change nothing. These are most of the records of a large
 * task, and the outcomes of the calls are events.
 */
export function describeRecord(record: JournalRecord): Described | undefined {
  switch (record.type) {
    case 'run.submitted': {
      const { type: name, strategy, owner, agent, text, inputs } = record
      const data = { strategy, owner, text: markText(text), inputs: inputs.map(describeInput) }
      return { name, data: { ...data, ...(agent !== undefined && { agent }) } }
    }
    case 'run.planned': {
      const tasks = record.tasks.map(({ name, agent, after, inputs }) => ({ name, agent, after, inputs }))
      return { name: record.type, data: { tasks } }
    }
    case 'run.cancel-requested':
      return { name: record.type, data: { by: record.by } }
    case 'run.decided': {
      const { type: name, task, call, decision, by } = record
      return { name, data: { task, call, decision, by } }
    }
    case 'run.ended': {
      const { type: name, answer } = record
      const data = { ...describeEnd(record), ...(answer !== undefined && { answer: markValue(answer) }) }
      return { name, data }
    }
    case 'access.refused': {
      const { type: name, user, action, subjects, count, atLeast } = record
      return { name, data: { user, action, subjects, count, atLeast } }
    }
    case 'task.created':
    case 'task.dispatched':
    case 'task.started':
    case 'task.suspended':
    case 'task.waiting':
    case 'task.planned':
    case 'task.diverged':
    case 'task.continued':
    case 'task.ended':
    case 'task.returned':
      return describeTask(record)
    case 'step.replied':
    case 'step.started':
    case 'step.canceled':
    case 'step.ended':
    case 'step.checkpointed':
    case 'step.checkpoint-refused':
    case 'turn.restarted':
    case 'turn.voided':
      return describeStep(record)
    case 'run.driven':
    case 'turn.committed':
      return undefined
    case 'call.started':
      return record.effect === 'none' ? undefined : describeCall(record)
    default:
      return describeCall(record)
  }
}

function describeTask(record: Extract<JournalRecord, { type: `task.${string}` }>): Described {
  switch (record.type) {
    case 'task.created': {
      const { type, task, agent, name, text, inputs, depth, parent, grant } = record
      const { level, tools, delegates, imports } = grant
      const data = {
        task,
        agent,
        name,
        text: markText(text),
        inputs: inputs.map(describeInput),
        depth,
        grant: { level, tools: tools.map(nameOf), delegates: delegates.map(nameOf), imports },
        ...(parent !== undefined && { parent }),
      }
      return { name: type, data }
    }
    case 'task.dispatched': {
      const { type, name, task, agent, attempt } = record
      return { name: type, data: { name, task, agent, attempt } }
    }
    case 'task.started':
      return { name: record.type, data: { attempt: record.attempt, host: record.host } }
    case 'task.suspended':
      return { name: record.type, data: { attempt: record.attempt } }
    case 'task.waiting': {
      const { type: name, step, calls, since } = record
      return { name, data: { step, calls, ...(since !== undefined && { since }) } }
    }
    case 'task.planned':
      return { name: record.type, data: { step: record.step, text: markText(record.text) } }
    case 'task.diverged': {
      const { type: name, step, turn, recorded, replayed } = record
      return { name, data: { step, turn, recorded: markText(recorded), replayed: markText(replayed) } }
    }
    case 'task.continued':
      return { name: record.type, data: { text: markText(record.text) } }
    case 'task.ended': {
      const { type: name, output } = record
      const data = { ...describeEnd(record), ...(output !== undefined && { output: markValue(output) }) }
      return { name, data }
    }
    case 'task.returned': {
      const { type, name, task, status } = record
      return { name: type, data: { name, task, status } }
    }
  }
}

function describeStep(
  record: Extract<JournalRecord, { type: `step.${string}` | 'turn.restarted' | 'turn.voided' }>,
): Described {
  switch (record.type) {
    case 'step.replied': {
      const { type: name, step, purpose, model, finish, calls, usage, timing, text } = record
      const data = { step, purpose, model, finish, calls: calls.length, usage, timing, text: markText(text) }
      return { name, data }
    }
    case 'step.started': {
      const { type: name, step, code, functions } = record
      return { name, data: { step, code: markText(code), functions } }
    }
    case 'step.canceled':
      return { name: record.type, data: { step: record.step } }
    case 'step.ended': {
      const { type: name, step, status, observation, final, worldHash } = record
      const data = {
        step,
        status,
        observation: markText(observation),
        ...(final !== undefined && { final: markText(final) }),
        ...(worldHash !== undefined && { worldHash }),
      }
      return { name, data }
    }
    case 'step.checkpointed': {
      const { type: name, step, text, worldHash } = record
      return { name, data: { step, text: markText(text), worldHash } }
    }
    case 'step.checkpoint-refused':
      return { name: record.type, data: { step: record.step, reason: markText(record.reason) } }
    case 'turn.restarted':
      return { name: record.type, data: { step: record.step, turn: record.turn } }
    case 'turn.voided': {
      const { type: name, step, turn, reason } = record
      return { name, data: { step, turn, reason } }
    }
  }
}

function describeCall(record: Extract<JournalRecord, { type: `call.${string}` }>): Described {
  switch (record.type) {
    case 'call.started': {
      const { type, step, call, name, effect, arguments: args } = record
      return { name: type, data: { step, call, name, effect, arguments: markText(args) } }
    }
    case 'call.ended':
    case 'call.late': {
      const { type: name, step, call, ok, reason, ms, value } = record
      const data = {
        step,
        call,
        ok,
        ms,
        ...(reason !== undefined && { reason }),
        ...(value !== undefined && { value: markText(value) }),
      }
      return { name, data }
    }
    case 'call.refused': {
      const { type, step, call, name, reason } = record
      const data = { step, name, reason: markText(reason), ...(call !== undefined && { call }) }
      return { name: type, data }
    }
    case 'call.asked': {
      const { type, step, call, name, arguments: args } = record
      return { name: type, data: { step, call, name, arguments: markText(args) } }
    }
    case 'call.decided': {
      const { type: name, call, decision, by } = record
      return { name, data: { call, decision, by } }
    }
    case 'call.withdrawn':
      return { name: record.type, data: { step: record.step, call: record.call } }
  }
}

/** The length and the digest of a text: enough to recognize the text, not to read it. */
export function markText(text: string): { bytes: number; sha256: string } {
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') }
}

function markValue(value: unknown): { bytes: number; sha256: string } {
  return markText(JSON.stringify(value))
}

function describeEnd(record: RecordOf<'run.ended'> | RecordOf<'task.ended'>) {
  const { status, error, usage, artifacts } = record
  const { code, limit } = error ?? {}
  return {
    status,
    usage,
    artifacts,
    ...(code !== undefined && { error: { code, ...(limit !== undefined && { limit }) } }),
  }
}

function describeInput({ name, artifact }: TaskInput): { name: string; artifact?: { size: number } } {
  return { name, ...(artifact !== undefined && { artifact: { size: artifact.size } }) }
}

function nameOf({ name }: { name: string }): { name: string } {
  return { name }
}
