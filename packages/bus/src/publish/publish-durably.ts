import type { JetStreamPublishOptions, PubAck } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { LostAnswer, persist } from './transient.ts'

export interface PublishOptions
  extends Pick<Partial<JetStreamPublishOptions>, 'msgID' | 'expect' | 'headers'> {
  signal?: AbortSignal
}

/**
 * Publishes into a stream and waits for the server's acknowledgement, again and again while the server is
 * away. A publish without acknowledgement is silently lost while disconnected, so nothing durable goes
 * out in another way.
 *
 * `repeated` tells whether an earlier attempt may have been stored already.
 */
export async function publishDurably(
  bus: Bus,
  subject: string,
  payload: string | Uint8Array,
  options: PublishOptions = {},
  onRepeat?: () => void,
): Promise<PubAck> {
  const { signal, ...publishOptions } = options
  checkSize(bus, subject, payload)
  return persist(bus, `publishing on ${subject}`, signal, (tries) => {
    if (tries > 0) onRepeat?.()
    return answered(
      bus,
      (timeout) => bus.js.publish(subject, payload, { ...publishOptions, timeout, retries: 1 }),
      tries,
    )
  })
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

/** Fails at once when the connection breaks, instead of at the timeout. */
async function answered<T>(bus: Bus, send: (timeoutMs: number) => Promise<T>, tries: number): Promise<T> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const forget = bus.link.onLost(() => reject(new LostAnswer('the connection broke before the answer came')))
  try {
    return await Promise.race([send(Math.min(2_000 * 2 ** tries, 20_000)), broken])
  } finally {
    forget()
  }
}
