import { parseJson } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { type CloudEvent, cloudEventSchema } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { readableOwner } from '../protocol/users.ts'
import { followStream } from '../streams/follow-stream.ts'

/** Options of {@link followEvents}. */
export interface FollowEventsOptions {
  /** Where to begin: with the oldest event, with the next one, or at a sequence. Default `new`. */
  from?: 'beginning' | 'new' | number
  run?: string
  signal?: AbortSignal
}

/**
 * Events in order: stored ones, then new ones, until aborted. A named user gets those of its own runs. To resume, pass
 * `from: sequence + 1`.
 *
 * @throws BusError `bus-auth` if the server no longer accepts the credentials
 * @example
 * for await (const { event } of followEvents(bus, { from: 'beginning' })) console.log(event.type)
 */
export async function* followEvents(
  bus: Bus,
  options: FollowEventsOptions = {},
): AsyncGenerator<{ sequence: number; event: CloudEvent }> {
  const { from = 'new', run = '*', signal } = options
  const source = {
    stream: STREAMS.event,
    subject: SUBJECTS.event('*', '*', readableOwner(bus), run),
    from: from === 'beginning' ? 1 : from,
  }
  for await (const message of followStream(bus, source, signal)) {
    const event = parseEvent(message.string())
    if (event !== undefined) yield { sequence: message.seq, event }
  }
}

/** An event; undefined for a message of a newer version, or that a user had delivered here. */
export function parseEvent(text: string): CloudEvent | undefined {
  return cloudEventSchema.safeParse(parseJson(text)).data
}
