import type { MsgRequest } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import type { CloudEvent } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { getStored } from '../streams/stored-messages.ts'
import { parseEvent } from './follow-events.ts'

/** The newest event. Undefined if there is none. */
export async function lastEvent(
  bus: Bus,
  signal?: AbortSignal,
): Promise<{ sequence: number; event: CloudEvent } | undefined> {
  let query: MsgRequest = { last_by_subj: SUBJECTS.event('*', '*', '*', '*') }
  for (;;) {
    const message = await getStored(bus, STREAMS.event, query, signal)
    if (message === undefined) return undefined
    const event = parseEvent(message.string())
    if (event !== undefined) return { sequence: message.seq, event }
    // A message that is no event, which a user had delivered here: look before it.
    if (message.seq <= 1) return undefined
    query = { seq: message.seq - 1 }
  }
}
