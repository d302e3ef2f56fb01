import type { PubAck } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { persist } from './persist.ts'
import { type PublishOnceOptions, publishOnce } from './publish-once.ts'

/** Options of {@link publishDurably}. */
export interface PublishOptions extends Omit<PublishOnceOptions, 'timeoutMs'> {
  signal?: AbortSignal
}

/**
 * Publishes into a stream and waits for the server's acknowledgement. Retries while the server is away. Everything
 * durable is published this way, because a publish without an acknowledgement is silently lost while disconnected.
 *
 * @throws BusError `too-large` if the message exceeds the server's limit; otherwise as {@link persist}
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
  // A character of a string has at most three bytes in UTF-8, so most strings need no counting.
  if (payload.length * 3 <= limit) return
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  if (size > limit) {
    throw new BusError(
      'too-large',
      `Expected at most ${limit} bytes (the server's max_payload) for ${subject}, found ${size}. Send an artifact instead.`,
    )
  }
}
