import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, type OpenTask, ringForLost } from '@bailiwick/bus'
import type { Runs } from './runs/serve/runs.ts'
import type { Team } from './team/team.ts'

/** How often it is looked for tasks that nobody has. Milliseconds. */
const EVERY_MS = 1_000

/** After this every living host has been heard, once the connection stands: one heartbeat, and some. Milliseconds. */
const HEARD_MS = 3_000

type Open = OpenTask & { agent: string }

/**
 * Rings for open tasks whose holder is gone, until aborted. Deaths that are seen hand tasks over at once; this
 * finds those that nobody saw, because host, server and daemon died within a moment of each other.
 */
export async function sweepTasks(
  { bus, team, runs, note }: { bus: Bus; team: Team; runs: Runs; note(line: string): void },
  signal: AbortSignal,
): Promise<void> {
  let heardAt = Date.now() + HEARD_MS
  const forget = bus.link.onBack(() => {
    heardAt = Date.now() + HEARD_MS
  })
  signal.addEventListener('abort', forget, { once: true })
  /** Tasks that nobody had at the last look: one that is just being given out is no lost one. */
  let before = new Set<string>()
  /** By task: the host for whose death it was rung. Once, so that a host's back-off is left alone. */
  const rung = new Map<string, string>()
  /** By agent: how far its queue had been given out at the last look. */
  const givenOut = new Map<string, number>()
  for (;;) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop ends.
    if (signal.aborted) return
    if (Date.now() < heardAt) continue
    const all = runs.openTasks()
    const open = withoutHolder(all, team)
    const lost = open.filter(({ task, host = '' }) => before.has(task) && rung.get(task) !== host)
    for (const agent of new Set(lost.map((task) => task.agent))) {
      const held = team.present
        .filter(({ card }) => card.name === agent)
        .reduce((sum, host) => sum + Object.keys(host.held).length, 0)
      const own = lost.filter((task) => task.agent === agent)
      const queue = { open: own, held, givenOut: givenOut.get(agent) ?? 0 }
      const looked = await ringForLost(bus, agent, queue, signal)
      givenOut.set(agent, looked.givenOut)
      for (const { task, host = '' } of looked.rung) {
        rung.set(task, host)
        note(`task ${task} was with nobody: it is rung for again`)
      }
    }
    before = new Set(open.map(({ task }) => task))
    const known = new Set(all.map(({ task }) => task))
    for (const task of rung.keys()) if (!known.has(task)) rung.delete(task)
  }
}

/** Tasks that no living host says it has, and that no living host was the last to begin. */
function withoutHolder(tasks: Open[], team: Team): Open[] {
  const living = new Set(team.present.map(({ host }) => host))
  const held = new Set(team.present.flatMap((host) => Object.keys(host.held)))
  return tasks.filter(({ task, host }) => !held.has(task) && (host === undefined || !living.has(host)))
}
