import type { JournalRecord, Level } from '@bailiwick/contract'
import { type CloudEvent, eventType } from './cloud-event.ts'
import { describeRecord, markText } from './describe-record.ts'
import type { EventName } from './event-types.ts'
import type { SetAside } from './journal-message.ts'

/** One append to a journal. */
export interface Projectable {
  writer: string
  run: string
  task: string
  sequence: number
  records: JournalRecord[]
  setAside?: SetAside[]
  /** Unix milliseconds. The time of events about what could not be read. */
  storedAt?: number
}

/** Who works on a task, and at which level: from the task's first record. */
export interface TaskFacts {
  agent: string
  level: Level
}

/** What an append itself does not say about its events. */
export interface AppendOrigin {
  /** The bus user that submitted the run; `coordinator` if no user did. */
  owner: string
  /** Needed for appends after a task's first. */
  facts?: TaskFacts
}

/** An event ready to publish. `id` is also its message id. */
export interface ProjectedEvent {
  id: string
  event: CloudEvent
}

/** Who works on the task, if these records say so. */
export function taskFacts(records: readonly JournalRecord[]): TaskFacts | undefined {
  const created = records.find((record) => record.type === 'task.created')
  return created && { agent: created.agent, level: created.grant.level }
}

/**
 * The events of an append: one for each record, then one for each thing that was set aside. The same append always
 * gives the same events.
 */
export function projectEvents(append: Projectable, { owner, facts }: AppendOrigin): ProjectedEvent[] {
  const known = taskFacts(append.records) ?? facts
  let index = 0
  const project = (
    name: EventName,
    data: Record<string, unknown>,
    at: number,
    about?: { task: string; agent: string },
  ): ProjectedEvent => {
    const id = `${append.sequence}.${index++}`
    const task = about?.task ?? append.task
    const own = about === undefined ? known : undefined
    const event: CloudEvent = {
      specversion: '1.0',
      id,
      source: `/bailiwick/${append.writer}`,
      type: eventType(name),
      subject: `${append.run}/${task}`,
      time: new Date(at).toISOString(),
      datacontenttype: 'application/json',
      owner,
      run: append.run,
      task,
      agent: about?.agent ?? own?.agent ?? append.writer,
      ...(own !== undefined && { level: own.level }),
      data,
    }
    return { id, event }
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
