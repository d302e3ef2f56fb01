import type { PubAck } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { persist } from './persist.ts'
import { type PublishOnceOptions, publishOnce } from './publish-once.ts'

export interface PublishOptions extends Omit<PublishOnceOptions, 'timeoutMs'> {
  signal?: AbortSignal
}

/**
 * Publishes into a stream and waits for the server's acknowledgement, again and again while the server is
 * away. A publish without acknowledgement is silently lost while disconnected, so nothing durable goes
 * out in another way.
 */
export async function publishDurably(
  bus: Bus,
  subject: string,
  payload: string | Uint8Array,
  options: PublishOptions = {},
): Promise<PubAck> {
  const { signal, ...publishOptions } = options
  checkSize(bus, subject, payload)
  return persist(bus, `publishing on ${subject}`, signal, (tries) =>
    publishOnce(bus, subject, payload, {
      ...publishOptions,
      timeoutMs: Math.min(2_000 * 2 ** tries, 20_000),
    }),
  )
}

function checkSize(bus: Bus, subject: string, payload: string | Uint8Array): void {
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  // A character of a string is at most three bytes of UTF-8: most strings need no counting.
  if (payload.length * 3 <= limit) return
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  if (size > limit) {
    throw new BusError(
      'too-large',
      `a message of ${size} bytes for ${subject} exceeds the server's max_payload of ${limit}: send it as an artifact`,
    )
  }
}
