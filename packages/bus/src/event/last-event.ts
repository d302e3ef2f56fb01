import type { MsgRequest } from '@nats-io/jetstream'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import type { CloudEvent } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { parseEvent } from './follow-events.ts'

/** The newest event: the projection of journals resumes after it. Undefined if there is none. */
export async function lastEvent(bus: Bus): Promise<{ sequence: number; event: CloudEvent } | undefined> {
  let query: MsgRequest = { last_by_subj: SUBJECTS.event('*', '*', '*', '*') }
  for (;;) {
    const message = await persist(bus, 'reading the last event', undefined, () => find(bus, query))
    if (message === undefined) return undefined
    const event = parseEvent(message.string())
    if (event !== undefined) return { sequence: message.seq, event }
    // A message that is no event, which a user had delivered here: look before it.
    if (message.seq <= 1) return undefined
    query = { seq: message.seq - 1 }
  }
}

async function find(bus: Bus, query: MsgRequest) {
  try {
    return (await bus.jsm.streams.getMessage(STREAMS.event, query)) ?? undefined
  } catch (error) {
    if (error instanceof Error && isMessageNotFound(error)) return undefined
    throw error
  }
}
