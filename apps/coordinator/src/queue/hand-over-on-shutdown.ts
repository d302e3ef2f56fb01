import { type Bus, handOver, listAgents } from '@bailiwick/bus'

/** How long a shutdown waits for the registry, and for the redelivery of tasks. Milliseconds. */
const MAX_WAIT_MS = 2_000

/**
 * Stops the hosts and redelivers the tasks that they held. By then nothing watches the registry, and the next daemon's
 * hosts find the tasks waiting. Without a connection to NATS, the next daemon finds them itself.
 */
export async function handOverOnShutdown(bus: Bus, stopHosts: () => Promise<void>): Promise<void> {
  const listHosts = () =>
    bus.link.up ? listAgents(bus, AbortSignal.timeout(MAX_WAIT_MS)).catch(() => []) : []
  const before = await listHosts()
  await stopHosts()
  const remaining = new Set((await listHosts()).map(({ host }) => host))
  const gone = before.filter(({ host }) => !remaining.has(host))
  const { promise: timeout, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, MAX_WAIT_MS)
  await Promise.race([Promise.allSettled(gone.map((host) => handOver(bus, host))), timeout])
  clearTimeout(timer)
}
