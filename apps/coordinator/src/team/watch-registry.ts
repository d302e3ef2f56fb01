import { type Bus, handOver, watchAgents, watchTools } from '@bailiwick/bus'
import type { Team } from './team.ts'

/**
 * Keeps the team's view of hosts and tools up to date until `signal` aborts. If a host's heartbeats stop, its tasks are
 * redelivered at once.
 */
export async function watchRegistry(bus: Bus, team: Team, signal: AbortSignal): Promise<void> {
  await Promise.all([
    (async () => {
      for await (const hosts of watchAgents(bus, { signal })) {
        const gone = team.present.filter(({ host }) => !hosts.some((other) => other.host === host))
        team.present = hosts
        for (const host of gone) await handOver(bus, host)
      }
    })(),
    (async () => {
      for await (const tools of watchTools(bus, { signal, repair: true })) team.registered = tools
    })(),
  ])
}
