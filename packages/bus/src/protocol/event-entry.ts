import type { CloudEvent } from './cloud-event.ts'
import { eventName } from './cloud-event.ts'
import { EVENT_TYPES, type EventData, type EventName } from './event-types.ts'

/** Events of records: all but those about what could not be read. */
type RecordEventName = Exclude<EventName, 'journal.unreadable'>

/** An event as a record without texts: its name as the type, its time and its data. Views fold it. */
export type EventEntry = {
  [N in RecordEventName]: { type: N; at: number } & EventData<N>
}[RecordEventName]

/** The entry of an event; undefined for an event that this version does not know and for unreadable journals. */
export function eventEntry(event: CloudEvent): EventEntry | undefined {
  const name = eventName(event.type)
  if (name === undefined || name === 'journal.unreadable') return undefined
  const data = EVENT_TYPES[name].data.safeParse(event.data)
  if (!data.success) return undefined
  // The schema of this very name has parsed the data; the compiler cannot follow that through the table.
  return { ...data.data, type: name, at: Date.parse(event.time) } as EventEntry
}
