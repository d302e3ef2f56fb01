import type { Bus } from '../connect/bus.ts'
import { followJournal, type JournalAppend } from '../journal/follow-journal.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { STREAMS } from '../protocol/places.ts'
import { projectEvents, type TaskFacts, taskFacts } from '../protocol/project-events.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { lastEvent } from './last-event.ts'
import { publishEvent } from './publish-event.ts'

/** Journals of which something is remembered; for older ones it is looked up, or told, again. */
const REMEMBERED = 10_000
/** Messages that are no appends, behind which a journal's first record is looked for. */
const MAX_FOREIGN = 20

/**
 * Publishes the events of all journals, in order, until aborted. It goes on where the last event says,
 * so that it may be killed at any moment. For the coordinator, once in a tenant; a second one publishes
 * nothing new, because the message ids are the same.
 */
export async function projectJournal(bus: Bus, signal: AbortSignal): Promise<void> {
  const last = await lastEvent(bus)
  const [sequence = 0, index = -1] = last?.event.id.split('.').map(Number) ?? []
  const facts = new Map<string, TaskFacts | undefined>()
  const foreign = new Map<string, true>()
  for await (const append of followJournal(bus, { fromSequence: Math.max(sequence, 1), signal })) {
    const subject = SUBJECTS.journal(append.writer, append.run, append.task)
    // Of many in a row one is told: whoever floods its own journal must not put off the events of all others.
    const isMore = append.foreign && foreign.has(subject)
    if (append.foreign) remember(foreign, subject, true)
    else foreign.delete(subject)
    if (isMore) continue
    const events = projectEvents(append, await factsOf(bus, subject, append, facts, signal))
    for (const [position, { id, event }] of events.entries()) {
      if (append.sequence === sequence && position <= index) continue
      await publishEvent(bus, event, id, signal)
    }
  }
}

async function factsOf(
  bus: Bus,
  subject: string,
  { writer, records }: JournalAppend,
  known: Map<string, TaskFacts | undefined>,
  signal: AbortSignal,
): Promise<TaskFacts | undefined> {
  const here = taskFacts(records)
  if (here === undefined && known.has(subject)) return known.get(subject)
  const facts = here ?? (await firstFacts(bus, writer, subject, signal))
  remember(known, subject, facts)
  return facts
}

async function firstFacts(
  bus: Bus,
  writer: string,
  subject: string,
  signal: AbortSignal,
): Promise<TaskFacts | undefined> {
  // Requests for one message each: a reader of its own takes ten times as long.
  for (let seq = 1, looked = 0; looked < MAX_FOREIGN; looked++) {
    const message = await persist(bus, `reading ${subject}`, signal, () =>
      // The client's type leaves out what the server takes besides the sequence.
      bus.jsm.streams.getMessage(STREAMS.journal, { seq, next_by_subj: subject } as { seq: number }),
    )
    if (message === null) return undefined
    const { records, foreign } = await resolveMessage(bus, writer, message.string())
    if (!foreign) return taskFacts(records)
    seq = message.seq + 1
  }
  return undefined
}

function remember<T>(known: Map<string, T>, subject: string, value: T): void {
  known.set(subject, value)
  const oldest = known.size > REMEMBERED ? known.keys().next().value : undefined
  if (oldest !== undefined) known.delete(oldest)
}
