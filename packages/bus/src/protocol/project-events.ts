import type { JournalRecord, Level } from '@bailiwick/contract'
import { type CloudEvent, eventSubject, eventType } from './cloud-event.ts'
import { describeRecord, markText } from './describe-record.ts'
import type { EventName } from './event-types.ts'
import type { SetAside } from './journal-message.ts'

/** One append, as {@link projectEvents} takes it. */
export interface Projectable {
  writer: string
  run: string
  task: string
  sequence: number
  records: JournalRecord[]
  setAside?: SetAside[]
  /** Unix milliseconds; the time of events about what could not be read. */
  storedAt?: number
}

/** Who works on a task, and how freely: from the task's first record. */
export interface TaskFacts {
  agent: string
  level: Level
}

/** An event ready to publish; `id` is also its message id. */
export interface ProjectedEvent {
  id: string
  subject: string
  event: CloudEvent
}

/** Who works on a task, where this append says so. */
export function taskFacts(records: JournalRecord[]): TaskFacts | undefined {
  for (const record of records) {
    if (record.type === 'task.created') return { agent: record.agent, level: record.grant.level }
  }
  return undefined
}

/**
 * The events that an append makes: one for each record, then one for each thing set aside. The same
 * append gives the same events at any time. `facts` are needed for appends after a task's first.
 */
export function projectEvents(append: Projectable, facts?: TaskFacts): ProjectedEvent[] {
  const known = taskFacts(append.records) ?? facts
  let index = 0
  const project = (
    name: EventName,
    data: Record<string, unknown>,
    at: number,
    about: { task?: string; agent?: string } = {},
  ): ProjectedEvent => {
    const id = `${append.sequence}.${index++}`
    const task = about.task ?? append.task
    const own = about.task === undefined ? known : undefined
    const event: CloudEvent = {
      specversion: '1.0',
      id,
      source: `/bailiwick/${append.writer}`,
      type: eventType(name),
      subject: `${append.run}/${task}`,
      time: new Date(at).toISOString(),
      datacontenttype: 'application/json',
      run: append.run,
      task,
      agent: about.agent ?? own?.agent ?? append.writer,
      ...(own !== undefined && { level: own.level }),
      data,
    }
    return { id, subject: eventSubject(event), event }
  }
  const events = append.records.map((record) => {
    const { name, data } = describeRecord(record)
    return project(name, data, record.at, otherTask(record))
  })
  const lastAt = append.storedAt ?? append.records.at(-1)?.at ?? 0
  for (const { text, reason } of append.setAside ?? []) {
    events.push(project('journal.unreadable', { text: markText(text), reason: markText(reason) }, lastAt))
  }
  return events
}

/** The task that a record of the run's own journal is about. */
function otherTask(record: JournalRecord): { task: string; agent: string } | undefined {
  if (record.type === 'task.dispatched') return { task: record.task, agent: record.agent }
  if (record.type === 'task.returned') return { task: record.task, agent: 'coordinator' }
  return undefined
}
