/** Everything that the judge uses: the broker's streams and the tools' own file, nothing that the project reports. */
export interface Evidence {
  journal: JournalMessage[]
  events: EventMessage[]
  queue: Queue
  /** The stream of advisories as text: tasks that the server gave up, or that a host rejected. */
  dead: string[]
  /** The effects of the tools, in order. */
  effects: Effect[]
}

/** One append in the stream JOURNAL. */
export interface JournalMessage {
  /** Sequence in the stream. */
  sequence: number
  subject: string
  /** When the server stored it, Unix milliseconds. */
  storedAt: number
  /** The records of `{ v, records }`. Undefined if the message is something else. */
  records: JournalRecord[] | undefined
}

/** The fields that every record has. */
export interface JournalRecord {
  type: string
  /** Unix milliseconds. */
  at: number
  [field: string]: unknown
}

/** One message of the stream EVENT. */
export interface EventMessage {
  sequence: number
  subject: string
  /** Header `Nats-Msg-Id`. */
  messageId: string
  /** A CloudEvent. */
  event: { id: string; time: string; type: string; run: string; task: string; data: Record<string, unknown> }
}

/** The stream TASK and its consumers. */
export interface Queue {
  messages: number
  consumers: { name: string; pending: number; unacknowledged: number }[]
}

/** One line of the file that the tools write. */
export interface Effect {
  name: string
  key: string
  run: string
  task: string
}

/** A record and where it is stored. */
export interface Entry {
  /** `<sequence>.<index>`, which is also the id of its event. */
  id: string
  sequence: number
  writer: string
  run: string
  task: string
  record: JournalRecord
}

/** Lists all records of the journals in the order of the stream. Skips messages that are no appends. */
export function journalEntries(journal: readonly JournalMessage[]): Entry[] {
  return journal.flatMap(({ sequence, subject, records = [] }) => {
    const [, , kind, writer = '', run = '', task = ''] = subject.split('.')
    if (kind !== 'journal') return []
    return records.map((record, index) => ({
      id: `${sequence}.${index}`,
      sequence,
      writer,
      run,
      task,
      record,
    }))
  })
}
