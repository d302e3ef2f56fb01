import type { JournalRecord } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { storedMessages } from '../streams/stored-messages.ts'
import type { JournalAddress } from './open-journal.ts'
import { resolveMessage } from './resolve-message.ts'

/** The last append to a journal. */
export interface LastAppend {
  /** Sequence of the journal's last message; 0 if it has none. */
  sequence: number
  /** The last records that a writer appended, as far as this version can read them. */
  records: JournalRecord[]
}

/** Reads the last append to a journal, usually with one request. Only for the coordinator. */
export async function readLast(
  bus: Bus,
  { writer, run, task }: JournalAddress,
  signal?: AbortSignal,
): Promise<LastAppend> {
  const subject = SUBJECTS.journal(writer, run, task)
  const message = await persist(bus, `reading ${subject}`, signal, async () => {
    try {
      return await bus.jsm.streams.getMessage(STREAMS.journal, { last_by_subj: subject })
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return null
      throw error
    }
  })
  if (message === null) return { sequence: 0, records: [] }
  const { records, foreign } = await resolveMessage(bus, undefined, message.string())
  if (!foreign) return { sequence: message.seq, records }
  // A user had a reply of the server stored here. Look for the last append before it.
  const last: LastAppend = { sequence: message.seq, records: [] }
  for await (const earlier of storedMessages(bus, { stream: STREAMS.journal, subject }, signal)) {
    const append = await resolveMessage(bus, undefined, earlier.string())
    if (!append.foreign) last.records = append.records
    last.sequence = earlier.seq
  }
  return last
}
