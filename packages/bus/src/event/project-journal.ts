import type { Bus } from '../connect/bus.ts'
import { followJournal } from '../journal/follow-journal.ts'
import { projectEvents } from '../protocol/project-events.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { AppendOrigins } from './append-origins.ts'
import { lastEvent } from './last-event.ts'
import { publishEvent } from './publish-event.ts'

/** Flooded journals to remember. */
const MAX_REMEMBERED = 10_000

/**
 * Publishes the events of all journals, in order, until aborted. It resumes after the last published event, so it
 * may be killed at any moment. Only the coordinator runs it. If two coordinators do, every event is stored once,
 * because both give it the same message id.
 */
export async function projectJournal(bus: Bus, signal: AbortSignal): Promise<void> {
  const last = await lastEvent(bus)
  const [sequence = 0, index = -1] = last?.event.id.split('.').map(Number) ?? []
  const origins = new AppendOrigins(bus, signal)
  const flooded = new Set<string>()
  for await (const append of followJournal(bus, { fromSequence: Math.max(sequence, 1), signal })) {
    const subject = SUBJECTS.journal(append.writer, append.run, append.task)
    // Emit one event per burst of invalid messages: a host that floods its own journal must not delay all events.
    const isRepeated = append.foreign && flooded.has(subject)
    if (append.foreign) flooded.add(subject)
    else flooded.delete(subject)
    const oldest = flooded.size > MAX_REMEMBERED ? flooded.keys().next().value : undefined
    if (oldest !== undefined) flooded.delete(oldest)
    if (isRepeated) continue
    const events = projectEvents(append, await origins.of(append))
    for (const [position, { id, event }] of events.entries()) {
      if (append.sequence === sequence && position <= index) continue
      await publishEvent(bus, event, id, signal)
    }
  }
}
