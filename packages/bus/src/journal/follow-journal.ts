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
  /** Of the stream: counts the appends of all journals together. */
  sequence: number
  records: JournalRecord[]
  /** What this version could not read; empty in good times. */
  setAside: SetAside[]
  /** It was not written by a journal at all: all of it is set aside, and nothing is missing. */
  foreign: boolean
  /** Unix milliseconds, where something was set aside: what cannot be read does not say when it was. */
  storedAt?: number
}

export interface FollowJournalOptions extends Partial<JournalAddress> {
  /** Where to begin. Default 1: the oldest append that is kept. */
  fromSequence?: number
  signal?: AbortSignal
}

/** Every append, in order, from the past on and then as they come, until aborted. */
export async function* followJournal(
  bus: Bus,
  options: FollowJournalOptions = {},
): AsyncGenerator<JournalAppend> {
  const { writer = '*', run = '*', task = '*', fromSequence = 1, signal } = options
  const source = { stream: STREAMS.journal, subject: SUBJECTS.journal(writer, run, task), from: fromSequence }
  for await (const message of followStream(bus, source, signal)) {
    const address = parseJournalSubject(message.subject)
    // Stored messages of other subjects can be had delivered into the stream: not an append.
    if (address === undefined) continue
    const { records, setAside, foreign } = await resolveMessage(bus, address.writer, message.string())
    const stored = setAside.length === 0 ? {} : { storedAt: message.time.getTime() }
    yield { ...address, sequence: message.seq, records, setAside, foreign, ...stored }
  }
}
