import { setTimeout as sleep } from 'node:timers/promises'
import { JetStreamApiCodes, JetStreamApiError, JetStreamError } from '@nats-io/jetstream/internal'
import {
  ClosedConnectionError,
  DrainingConnectionError,
  PermissionViolationError,
  RequestError,
} from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { isTransient, LostReply } from './is-transient.ts'
import { noRoomReason } from './no-room.ts'

/** If no server replies for a stream for this long, the stream does not exist: by then a cluster has elected a leader. */
const LEADERLESS_MS = 15_000

/**
 * Calls `attempt` until it succeeds, fails for good, or is aborted. Retries through restarts of the server, without a
 * limit. `attempt` must be harmless to repeat.
 *
 * @param doing what it does, for the error message: "reading the last event"
 * @throws BusError with the cause if a retry does not help; the signal's reason when aborted
 */
export async function persist<T>(
  bus: Bus,
  doing: string,
  signal: AbortSignal | undefined,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  let leaderlessSince: number | undefined
  using wait = new ReportedWait(bus)
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    bus.closed.throwIfAborted()
    try {
      if (!bus.link.up) await untilUp(bus, signal, 0)
      return await untilDisconnect(bus, attempt(tries))
    } catch (error) {
      leaderlessSince = isUnprepared(error) ? (leaderlessSince ?? performance.now()) : undefined
      const mayPass =
        leaderlessSince === undefined
          ? isTransient(error)
          : performance.now() - leaderlessSince < LEADERLESS_MS
      if (!mayPass) throw explain(error, doing)
      wait.because(error)
      await untilUp(bus, signal, Math.min(20 * 2 ** tries, 1_000))
    }
  }
}

/** Reports why an operation waits, if it is the server's storage. */
class ReportedWait implements Disposable {
  readonly #bus: Bus
  #sentence: string | undefined
  #wait: Disposable | undefined

  constructor(bus: Bus) {
    this.#bus = bus
  }

  because(error: unknown): void {
    const sentence = this.#bus.link.up ? storageSentence(error) : undefined
    if (sentence === this.#sentence) return
    this.#wait?.[Symbol.dispose]()
    this.#sentence = sentence
    this.#wait = sentence === undefined ? undefined : this.#bus.waits.begin(sentence)
  }

  [Symbol.dispose](): void {
    this.#wait?.[Symbol.dispose]()
  }
}

function storageSentence(error: unknown): string | undefined {
  const reason = noRoomReason(error)
  if (reason !== undefined) return `Waiting until the NATS server has room to store data (${reason}).`
  // A server whose disk is full acknowledges nothing.
  return error instanceof LostReply
    ? 'Waiting for the NATS server, which does not confirm that it stores data. Its disk may be full.'
    : undefined
}

/** No server replies for the stream: it does not exist, or its servers are electing a leader. */
function isUnprepared(error: unknown): boolean {
  return error instanceof BusError && error.code === 'bus-unprepared'
}

/** Fails as soon as the connection breaks, instead of after the request's timeout. */
async function untilDisconnect<T>(bus: Bus, request: Promise<T>): Promise<T> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const remove = bus.link.onDisconnect(() =>
    reject(new LostReply('the connection broke before the reply came')),
  )
  try {
    return await Promise.race([request, broken])
  } finally {
    remove()
  }
}

/**
 * Waits about `ms` milliseconds, and then until the connection is up.
 *
 * @throws BusError `bus-auth` if the server no longer accepts the credentials; the signal's reason when aborted
 */
export async function untilUp(bus: Bus, signal: AbortSignal | undefined, ms: number): Promise<void> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  try {
    await sleep(ms * (0.5 + Math.random() / 2), undefined, { signal: either })
    while (!bus.link.up) {
      bus.link.throwIfAuthFailed()
      await sleep(10, undefined, { signal: either })
    }
  } catch (error) {
    either.throwIfAborted()
    throw error
  }
}

/** The error to throw for an error that a retry does not fix. */
function explain(error: unknown, doing: string): unknown {
  const cause = error instanceof RequestError ? error.cause : error
  if (cause instanceof PermissionViolationError) {
    return new BusError('bus-forbidden', `The server does not allow ${doing}: ${cause.message}`, {
      cause: error,
    })
  }
  if (cause instanceof ClosedConnectionError || cause instanceof DrainingConnectionError) {
    return new BusError(
      'bus-unreachable',
      `${capitalized(doing)} failed: the connection to NATS is closed.`,
      {
        cause: error,
      },
    )
  }
  if (error instanceof JetStreamApiError && isMissing(error)) {
    return new BusError(
      'bus-unprepared',
      `${capitalized(doing)} failed: ${error.message}. The coordinator creates it when it starts (\`bailiwick up\`).`,
      { cause: error },
    )
  }
  if (error instanceof JetStreamError && error.message.includes('jetstream is not enabled')) {
    return new BusError(
      'bus-unprepared',
      `${capitalized(doing)} failed: this NATS server has no JetStream.`,
      {
        cause: error,
      },
    )
  }
  return error
}

function isMissing({ code }: JetStreamApiError): boolean {
  return code === JetStreamApiCodes.StreamNotFound || code === JetStreamApiCodes.ConsumerNotFound
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
