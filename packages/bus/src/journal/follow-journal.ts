import type { JournalRecord } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import type { SetAside } from '../protocol/journal-message.ts'
import { STREAMS } from '../protocol/places.ts'
import { parseJournalSubject, SUBJECTS } from '../protocol/subjects.ts'
import { followStream } from '../streams/follow-stream.ts'
import type { JournalAddress } from './open-journal.ts'
import { resolveMessage } from './resolve-message.ts'

/** One append to one journal. */
export interface JournalAppend extends JournalAddress {
  /** In the stream: counts the appends of all journals together. */
  sequence: number
  records: JournalRecord[]
  /** What this version could not read. Usually empty. */
  setAside: SetAside[]
  /** No journal wrote this message. All of it is set aside, and the journal misses nothing. */
  foreign: boolean
  /** When the server stored it, Unix milliseconds; present if something was set aside, which has no readable time. */
  storedAt?: number
}

/** Options of {@link followJournal}. */
export interface FollowJournalOptions extends Partial<JournalAddress> {
  /** Where to begin. Default 1: the oldest append in the stream. */
  fromSequence?: number
  signal?: AbortSignal
}

/** Every append, in order: stored ones, then new ones, until aborted. */
export async function* followJournal(
  bus: Bus,
  options: FollowJournalOptions = {},
): AsyncGenerator<JournalAppend> {
  const { writer = '*', run = '*', task = '*', fromSequence = 1, signal } = options
  const source = { stream: STREAMS.journal, subject: SUBJECTS.journal(writer, run, task), from: fromSequence }
  for await (const message of followStream(bus, source, signal)) {
    const address = parseJournalSubject(message.subject)
    // Skip messages that no writer published: a user can have a stored message delivered into the stream.
    if (address === undefined) continue
    const { records, setAside, foreign } = await resolveMessage(bus, undefined, message.string())
    const stored = setAside.length === 0 ? {} : { storedAt: message.time.getTime() }
    yield { ...address, sequence: message.seq, records, setAside, foreign, ...stored }
  }
}
