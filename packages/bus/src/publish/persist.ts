import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { explain } from './explain.ts'
import { isTransient, LostReply } from './is-transient.ts'

/** After this a stream for which nobody answers is not there: a cluster has chosen who leads by then. Milliseconds. */
const LEADERLESS_MS = 15_000

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
  let leaderlessSince: number | undefined
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    bus.closed.throwIfAborted()
    try {
      if (!bus.link.up) await untilUp(bus, signal, 0)
      return await answered(bus, attempt(tries))
    } catch (error) {
      leaderlessSince = isUnprepared(error) ? (leaderlessSince ?? Date.now()) : undefined
      const mayPass =
        leaderlessSince === undefined ? isTransient(error) : Date.now() - leaderlessSince < LEADERLESS_MS
      if (!mayPass) throw explain(error, doing)
      await untilUp(bus, signal, Math.min(20 * 2 ** tries, 1_000))
    }
  }
}

/** Nobody answers for the stream: there is none, or its servers are choosing who leads. */
function isUnprepared(error: unknown): boolean {
  return error instanceof BusError && error.code === 'bus-unprepared'
}

/** Fails at once when the connection breaks, instead of at the request's timeout. */
async function answered<T>(bus: Bus, request: Promise<T>): Promise<T> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const forget = bus.link.onLost(() => reject(new LostReply('the connection broke before the answer came')))
  try {
    return await Promise.race([request, broken])
  } finally {
    forget()
  }
}

/** Waits a moment, and then for the connection to stand again. @throws BusError `bus-auth` where it may not. */
export async function untilUp(bus: Bus, signal: AbortSignal | undefined, ms: number): Promise<void> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  try {
    await sleep(ms * (0.5 + Math.random() / 2), undefined, { signal: either })
    while (!bus.link.up) {
      bus.link.throwIfShutOut()
      await sleep(10, undefined, { signal: either })
    }
  } catch (error) {
    either.throwIfAborted()
    throw error
  }
}
