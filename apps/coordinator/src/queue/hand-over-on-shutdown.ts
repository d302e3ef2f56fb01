import { type Bus, handOver, listAgents } from '@bailiwick/bus'

/** How long the end of a daemon waits for a look at the registry, and for bells to be rung anew. Milliseconds. */
const MAX_MS = 2_000

/**
 * Has hosts leave, and rings for what they had at work: nobody watches the registry any more by then, and the
 * next daemon's hosts find it waiting. Where NATS is away the next daemon finds out by itself.
 */
export async function handOverLeft(bus: Bus, leave: () => Promise<void>): Promise<void> {
  const look = () => (bus.link.up ? listAgents(bus, AbortSignal.timeout(MAX_MS)).catch(() => []) : [])
  const before = await look()
  await leave()
  const present = new Set((await look()).map(({ host }) => host))
  const gone = before.filter(({ host }) => !present.has(host))
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, MAX_MS)
  await Promise.race([Promise.allSettled(gone.map((host) => handOver(bus, host))), late])
  clearTimeout(timer)
}
