import type { JournalRecord } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { parseKey } from '../protocol/files.ts'
import { parseJournalMessage, parseRecords } from '../protocol/journal-message.ts'
import { COORDINATOR, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { loadAll } from '../store/stored-files.ts'
import { storedMessages } from '../streams/stored-messages.ts'

/** The first record of a run. */
export type Submission = Extract<JournalRecord, { type: 'run.submitted' }>

/**
 * How the coordinator recorded a run's submission, with its owner; undefined if the run is not submitted. Only for the
 * toolbox and the coordinator.
 */
export async function readSubmission(
  bus: Bus,
  run: string,
  signal?: AbortSignal,
): Promise<Submission | undefined> {
  const subject = SUBJECTS.journal(COORDINATOR, run, 'run')
  // Skips messages that no writer published: a user can have a reply of the server stored here.
  for await (const message of storedMessages(bus, { stream: STREAMS.journal, subject }, signal)) {
    const [record] = await recordsOf(bus, message.string())
    if (record?.type === 'run.submitted') return record
  }
  return undefined
}

async function recordsOf(bus: Bus, text: string): Promise<JournalRecord[]> {
  const message = parseJournalMessage(text)
  if (message.kind === 'records') return message.records
  const key = message.kind === 'spilled' ? parseKey(message.spilled.key) : undefined
  if (message.kind !== 'spilled' || key === undefined) return []
  const bytes = await loadAll(bus, key, message.spilled.size)
  const values: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  return parseRecords(Array.isArray(values) ? values : [values]).records
}
