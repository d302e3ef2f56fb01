import { setTimeout as sleep } from 'node:timers/promises'
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import {
  ClosedConnectionError,
  DrainingConnectionError,
  errors,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'

/** The server's code for every limit of a stream that discards new messages. */
export const LIMIT_REACHED = 10077

/** Broken before it was answered: whether it happened is not known. */
export class LostAnswer extends Error {}

/** True for what a server that is away, starting or electing a leader causes: trying again helps. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LostAnswer || error instanceof TimeoutError) return true
  if (error instanceof NoRespondersError || error instanceof errors.ConnectionError) return true
  // A limit that is reached bears the status of a server that is away, and does not pass by itself.
  if (error instanceof JetStreamApiError) return error.status === 503 && error.code !== LIMIT_REACHED
  if (error instanceof RequestError) return isTransient(error.cause)
  return false
}

/** The error to throw for one that trying again would not help. */
export function explain(error: unknown, doing: string): unknown {
  const cause = error instanceof RequestError ? error.cause : error
  if (cause instanceof PermissionViolationError) {
    return new BusError('bus-forbidden', `the server does not allow ${doing}: ${cause.message}`, {
      cause: error,
    })
  }
  if (cause instanceof ClosedConnectionError || cause instanceof DrainingConnectionError) {
    return new BusError('bus-unreachable', `${doing} failed: the connection to NATS is closed`, {
      cause: error,
    })
  }
  if (error instanceof JetStreamApiError && (error.code === 10059 || error.code === 10014)) {
    return new BusError(
      'bus-unprepared',
      `${doing} failed: ${error.message}; the coordinator makes it when it starts (\`bailiwick up\`)`,
      { cause: error },
    )
  }
  if (error instanceof JetStreamError && error.message.includes('jetstream is not enabled')) {
    return new BusError('bus-unprepared', `${doing} failed: this NATS server runs without JetStream`, {
      cause: error,
    })
  }
  return error
}

/**
 * Does `attempt` until it succeeds, fails for good, or is aborted: through restarts of the server, for
 * as long as they last. `attempt` must be harmless to repeat.
 */
export async function persist<T>(
  bus: Bus,
  doing: string,
  signal: AbortSignal | undefined,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    bus.closed.throwIfAborted()
    try {
      return await attempt(tries)
    } catch (error) {
      if (!isTransient(error)) throw explain(error, doing)
      await untilUp(bus, signal, Math.min(20 * 2 ** tries, 1_000))
    }
  }
}

/** Waits a moment, and then for the connection to stand again. */
async function untilUp(bus: Bus, signal: AbortSignal | undefined, ms: number): Promise<void> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  try {
    await sleep(ms * (0.5 + Math.random() / 2), undefined, { signal: either })
    while (!bus.link.up) await sleep(10, undefined, { signal: either })
  } catch (error) {
    either.throwIfAborted()
    throw error
  }
}
