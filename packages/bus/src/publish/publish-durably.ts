import { JetStreamApiError, type PubAck } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { LIMIT_REACHED } from './is-transient.ts'
import { noRoomReason, StreamFull } from './no-room.ts'
import { persist } from './persist.ts'
import { type PublishOnceOptions, publishOnce } from './publish-once.ts'

/** Options of {@link publishDurably}. */
export interface PublishOptions extends Omit<PublishOnceOptions, 'timeoutMs'> {
  /**
   * What to do if there is no room. `wait` also waits if the stream has reached its limit of bytes. `fail` throws
   * `disk-full` at once. Default: wait for the server, and fail if the stream has reached its limit.
   */
  ifFull?: 'wait' | 'fail'
  signal?: AbortSignal
}

/**
 * Publishes into a stream and waits for the server's acknowledgement. Retries while the server is away. Everything
 * durable is published this way, because a publish without an acknowledgement is silently lost while disconnected.
 *
 * @throws BusError `too-large` if the message exceeds the server's limit, `disk-full`; otherwise as {@link persist}
 */
export async function publishDurably(
  bus: Bus,
  subject: string,
  payload: string | Uint8Array,
  options: PublishOptions = {},
): Promise<PubAck> {
  const { signal, ifFull, ...publishOptions } = options
  checkSize(bus, subject, payload)
  return persist(bus, `publishing on ${subject}`, signal, (tries) =>
    publishOnce(bus, subject, payload, {
      ...publishOptions,
      timeoutMs: Math.min(2_000 * 2 ** tries, 20_000),
    }).catch((error: unknown) => {
      throw ifFull === undefined ? error : whenFull(error, ifFull)
    }),
  )
}

/** The error to throw for one that means that there is no room; others unchanged. */
function whenFull(error: unknown, ifFull: 'wait' | 'fail'): unknown {
  const isStreamFull =
    error instanceof JetStreamApiError && error.code === LIMIT_REACHED && error.message.includes('bytes')
  const reason = isStreamFull ? error.message : noRoomReason(error)
  if (reason === undefined) return error
  if (ifFull === 'wait') return isStreamFull ? new StreamFull(reason, { cause: error }) : error
  return new BusError(
    'disk-full',
    `Expected room for a new run in the store of the NATS server, found none: ${reason}. Free some space ("bailiwick purge <run>" deletes a run) or raise the limit, and submit the run again. Nothing was started.`,
    { cause: error },
  )
}

/** @throws BusError `too-large` if the message exceeds the server's limit */
export function checkSize(bus: Bus, subject: string, payload: string | Uint8Array): void {
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
