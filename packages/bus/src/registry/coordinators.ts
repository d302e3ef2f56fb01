import { deleteEntry, putEntry } from '../bucket/entry.ts'
import { watchBucket } from '../bucket/watch-bucket.ts'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { type CoordinatorPresence, coordinatorPresenceSchema } from '../protocol/presence.ts'

/** How often a coordinator says that it is alive. Milliseconds. */
const HEARTBEAT_MS = 2_000
/** Milliseconds without a heartbeat after which a coordinator counts as gone, by the local clock. */
export const COORDINATOR_GONE_MS = 10_000
/** How long to try to say that this coordinator shuts down. Otherwise others notice its silence. Milliseconds. */
const GOODBYE_MS = 2_000

/** Announces a coordinator with a heartbeat every two seconds, until disposed. Then it counts as gone at once. */
export async function announceCoordinator(
  bus: Bus,
  presence: Omit<CoordinatorPresence, 'v' | 'at'>,
): Promise<AsyncDisposable> {
  const key = `presence.${presence.coordinator}`
  const ended = new AbortController()
  const beat = async () => {
    const value: CoordinatorPresence = { v: 1, ...presence, at: Date.now() }
    await putEntry(bus, BUCKETS.coordinators, key, value, { signal: ended.signal })
  }
  await beat()
  let beating: Promise<void> | undefined
  const timer = setInterval(() => {
    // The server may be away. The next heartbeat repairs the loss of one.
    beating ??= beat()
      .catch(() => {})
      .finally(() => {
        beating = undefined
      })
  }, HEARTBEAT_MS)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      ended.abort()
      await beating
      if (bus.connection.isClosed() || !bus.link.up) return
      const signal = AbortSignal.timeout(GOODBYE_MS)
      await deleteEntry(bus, BUCKETS.coordinators, key, { signal }).catch(() => {})
    },
  }
}

/** The living coordinators, after every change, until aborted. */
export async function* watchCoordinators(
  bus: Bus,
  { goneMs = COORDINATOR_GONE_MS, signal }: { goneMs?: number; signal?: AbortSignal } = {},
): AsyncGenerator<CoordinatorPresence[]> {
  const options = { keys: 'presence.*', silenceMs: goneMs, ...(signal !== undefined && { signal }) }
  const parse = (value: unknown) => coordinatorPresenceSchema.safeParse(value).data
  for await (const entries of watchBucket(bus, BUCKETS.coordinators, parse, options)) {
    yield entries
      .filter(({ key, value }) => key === `presence.${value.coordinator}`)
      .map(({ value }) => value)
  }
}
