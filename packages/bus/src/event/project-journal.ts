import type { Bus } from '../connect/bus.ts'
import { followJournal, type JournalAppend } from '../journal/follow-journal.ts'
import { readStored } from '../journal/read-stored.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { STREAMS } from '../protocol/places.ts'
import { projectEvents, type TaskFacts, taskFacts } from '../protocol/project-events.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { lastEvent } from './last-event.ts'
import { publishEvent } from './publish-event.ts'

/** Tasks whose agent and level are remembered; older ones are looked up again. */
const REMEMBERED = 10_000

/**
 * Publishes the events of all journals, in order, until aborted. It goes on where the last event says,
 * so that it may be killed at any moment. For the coordinator, once in a tenant; a second one publishes
 * nothing new, because the message ids are the same.
 */
export async function projectJournal(bus: Bus, signal: AbortSignal): Promise<void> {
  const last = await lastEvent(bus)
  const [sequence = 0, index = -1] = last?.event.id.split('.').map(Number) ?? []
  const facts = new Map<string, TaskFacts | undefined>()
  for await (const append of followJournal(bus, { fromSequence: Math.max(sequence, 1), signal })) {
    const events = projectEvents(append, await factsOf(bus, append, facts))
    for (const [position, { id, event }] of events.entries()) {
      if (append.sequence === sequence && position <= index) continue
      await publishEvent(bus, event, id, signal)
    }
  }
}

async function factsOf(
  bus: Bus,
  append: JournalAppend,
  known: Map<string, TaskFacts | undefined>,
): Promise<TaskFacts | undefined> {
  const subject = SUBJECTS.journal(append.writer, append.run, append.task)
  const here = taskFacts(append.records)
  if (here === undefined && known.has(subject)) return known.get(subject)
  const facts = here ?? (await firstFacts(bus, append.writer, subject))
  known.set(subject, facts)
  const oldest = known.size > REMEMBERED ? known.keys().next().value : undefined
  if (oldest !== undefined) known.delete(oldest)
  return facts
}

async function firstFacts(bus: Bus, writer: string, subject: string): Promise<TaskFacts | undefined> {
  for await (const message of readStored(bus, { stream: STREAMS.journal, subject })) {
    const { records, foreign } = await resolveMessage(bus, writer, message.string())
    if (!foreign) return taskFacts(records)
  }
  return undefined
}
