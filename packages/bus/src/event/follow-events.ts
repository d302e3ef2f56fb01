import type { Bus } from '../connect/bus.ts'
import { type CloudEvent, cloudEventSchema } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { readableOwner } from '../protocol/users.ts'
import { followStream } from '../streams/follow-stream.ts'

export interface FollowEventsOptions {
  /** Where to begin: with the oldest that is kept, with the next, or at a sequence. Default `new`. */
  from?: 'beginning' | 'new' | number
  run?: string
  signal?: AbortSignal
}

/**
 * Events in order, from the past on and then as they come, until aborted. `sequence` is where to go on.
 *
 * @throws BusError `bus-auth` where the server takes the credentials no more.
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

/** An event, or undefined for what is none: a newer version's, or what somebody had delivered here. */
export function parseEvent(text: string): CloudEvent | undefined {
  try {
    return cloudEventSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
