import { type Entry, type EventMessage, type Evidence, journalEntries } from './evidence.ts'

/** Checks that there is exactly one event for each record that has one, and that those of a run are in order. */
export function judgeProjection({ journal, events }: Pick<Evidence, 'journal' | 'events'>): string[] {
  const problems: string[] = []
  let before = 0
  for (const { sequence, subject, records } of journal) {
    if (sequence !== before + 1) problems.push(`the journal has a gap between ${before} and ${sequence}`)
    if (records === undefined) problems.push(`the journal's message ${sequence} (${subject}) is no append`)
    before = sequence
  }
  const entries = journalEntries(journal)
  const owners = new Map(
    entries.flatMap(({ run, record }) =>
      record.type === 'run.submitted' ? [[run, String(record.owner)]] : [],
    ),
  )
  const places = new Map(entries.map(({ id }, place) => [id, place]))
  const seen = new Set<string>()
  const last = new Map<string, number>()
  for (const { event, messageId, subject } of events) {
    const place = places.get(event.id)
    const entry = place === undefined ? undefined : entries[place]
    if (place === undefined || entry === undefined || !hasEvent(entry.record)) {
      problems.push(`event ${event.id} (${event.type}) has no record`)
      continue
    }
    if (seen.has(event.id)) problems.push(`event ${event.id} (${event.type}) was published twice`)
    else if (place < (last.get(entry.run) ?? -1))
      problems.push(`event ${event.id} comes after the event of a later record of its run`)
    if (messageId !== event.id) problems.push(`event ${event.id} has the message id "${messageId}"`)
    problems.push(...compare(event, subject, entry, owners))
    seen.add(event.id)
    last.set(entry.run, Math.max(last.get(entry.run) ?? -1, place))
  }
  for (const { id, record, run } of entries)
    if (hasEvent(record) && !seen.has(id))
      problems.push(`${run}: the record ${id} (${record.type}) has no event`)
  return problems
}

/** Turns of code and calls that change nothing are in no event when they begin. */
export function hasEvent({ type, effect }: Entry['record']): boolean {
  if (type === 'run.driven' || type === 'turn.committed') return false
  return !(type === 'call.started' && effect === 'none')
}

/** Checks that an event agrees with its record. */
function compare(
  event: EventMessage['event'],
  subject: string,
  { id, run, task, record }: Entry,
  owners: ReadonlyMap<string, string>,
): string[] {
  // An event has the name of its record.
  const name = record.type
  // These records are in the run's own journal, but their events belong to the task that they name.
  const about = name === 'task.dispatched' || name === 'task.returned' ? record.task : task
  const expected = {
    type: `dev.bailiwick.${name}.v1`,
    run,
    task: about,
    time: new Date(record.at).toISOString(),
    subject: `bailiwick.v1.event.${name}.${owners.get(run) ?? 'coordinator'}.${run}`,
  }
  const found: Record<string, unknown> = { ...event, subject }
  return Object.entries(expected).flatMap(([field, value]) =>
    found[field] === value
      ? []
      : [`event ${id}: its ${field} is ${String(found[field])}, expected ${String(value)}`],
  )
}
