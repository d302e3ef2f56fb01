import { watchBucket } from '../bucket/watch-bucket.ts'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { type AgentPresence, presenceSchema } from '../protocol/presence.ts'

/** Options of {@link watchAgents}. */
export interface WatchAgentsOptions {
  /** A host counts as gone after this long without a heartbeat, milliseconds. Default 6,000: three heartbeats. */
  silenceMs?: number
  signal?: AbortSignal
}

/** All living hosts, after every change, until aborted. */
export async function* watchAgents(
  bus: Bus,
  options: WatchAgentsOptions = {},
): AsyncGenerator<AgentPresence[]> {
  const settings = { silenceMs: 6_000, ...options }
  for await (const entries of watchBucket(bus, BUCKETS.agents, parsePresence, settings)) {
    yield entries
      .filter(({ key, value }) => key === `${value.card.name}.${value.host}`)
      .map(({ value }) => value)
  }
}

/** The hosts that are alive now. */
export async function listAgents(bus: Bus, signal?: AbortSignal): Promise<AgentPresence[]> {
  for await (const agents of watchAgents(bus, signal === undefined ? {} : { signal })) return agents
  signal?.throwIfAborted()
  return []
}

function parsePresence(value: unknown): AgentPresence | undefined {
  return presenceSchema.safeParse(value).data
}
