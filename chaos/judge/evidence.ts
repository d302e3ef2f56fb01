/** What the judge goes by: everything as the broker and the tools' own file have it, nothing told by the project. */
export interface Evidence {
  journal: JournalMessage[]
  events: EventMessage[]
  queue: Queue
  /** Tasks that the server gave up, or that a host rejected: the stream of advisories, as text. */
  dead: string[]
  /** What the tools did, in the order in which they did it. */
  effects: Effect[]
}

/** One append of the stream JOURNAL. */
export interface JournalMessage {
  /** In the stream. */
  sequence: number
  subject: string
  /** When the server stored it, Unix milliseconds. */
  storedAt: number
  /** As the protocol says: `{ v, records }`. Undefined where it says something else. */
  records: JournalRecord[] | undefined
}

/** A record, as far as every record is alike. */
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

/** The stream TASK, and who still has something of it. */
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
