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
  /** How often JOURNAL had lost its end before. Default 0. */
  epoch?: number
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
  /** The second part of its id. */
  index: number
  event: CloudEvent
}

/** Who works on the task, if these records say so. */
export function taskFacts(records: readonly JournalRecord[]): TaskFacts | undefined {
  const created = records.find((record) => record.type === 'task.created')
  return created && { agent: created.agent, level: created.grant.level }
}

/**
 * The events of an append: one for each record that has one, then one for each thing that was set aside. The same
 * append always gives the same events, and a record's event always has the same id.
 */
export function projectEvents(append: Projectable, { owner, facts }: AppendOrigin): ProjectedEvent[] {
  const known = taskFacts(append.records) ?? facts
  const { epoch = 0 } = append
  const project = (
    index: number,
    name: EventName,
    data: Record<string, unknown>,
    at: number,
    about?: { task: string; agent: string },
  ): ProjectedEvent => {
    const id = `${append.sequence}.${index}${epoch === 0 ? '' : `.${epoch}`}`
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
    return { id, index, event }
  }
  const events: ProjectedEvent[] = []
  for (const [index, record] of append.records.entries()) {
    const described = describeRecord(record)
    if (described === undefined) continue
    events.push(project(index, described.name, described.data, record.at, otherTask(record)))
  }
  const lastAt = append.storedAt ?? append.records.at(-1)?.at ?? 0
  for (const [index, { text, reason }] of (append.setAside ?? []).entries()) {
    const data = { text: markText(text), reason: markText(reason) }
    events.push(project(append.records.length + index, 'journal.unreadable', data, lastAt))
  }
  return events
}

/** The task that a record of the run's own journal is about. */
function otherTask(record: JournalRecord): { task: string; agent: string } | undefined {
  if (record.type === 'task.dispatched') return { task: record.task, agent: record.agent }
  if (record.type === 'task.returned') return { task: record.task, agent: 'coordinator' }
  return undefined
}
