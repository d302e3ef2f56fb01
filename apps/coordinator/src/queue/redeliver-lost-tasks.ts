import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, type OpenTask, ringForLost } from '@bailiwick/bus'
import type { Runs } from '../runs/runs.ts'
import type { Team } from '../team/team.ts'

/** How often it is looked for tasks that nobody has. Milliseconds. */
const EVERY_MS = 1_000

/** After this every living host has been heard, once the connection stands: one heartbeat, and some. Milliseconds. */
const HEARD_MS = 3_000

/**
 * After this a task that still nobody has is rung for again, milliseconds: its bell may have been given to the broken
 * connection of a host that lives. Longer than a host's back-off before the deliveries are used up.
 */
const AGAIN_MS = 6_000

type Open = OpenTask & { agent: string }

/**
 * Rings for open tasks whose holder is gone, until aborted. Deaths that are seen hand tasks over at once; this
 * finds those that nobody saw, because host, server and daemon died within a moment of each other.
 */
export async function sweepTasks(
  {
    bus,
    team,
    runs,
    note,
  }: { bus: Bus; team: Pick<Team, 'present'>; runs: Pick<Runs, 'openTasks'>; note(line: string): void },
  signal: AbortSignal,
): Promise<void> {
  let heardAt = Date.now() + HEARD_MS
  const forget = bus.link.onBack(() => {
    heardAt = Date.now() + HEARD_MS
  })
  signal.addEventListener('abort', forget, { once: true })
  /** Tasks that nobody had at the last look: one that is just being given out is no lost one. */
  let before = new Set<string>()
  /** By task: the host for whose death it was rung last, and when. */
  const rung = new Map<string, { host: string; at: number }>()
  /** By agent: how far its queue had been given out at the last look. */
  const givenOut = new Map<string, number>()
  for (;;) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop ends.
    if (signal.aborted) return
    if (Date.now() < heardAt) continue
    const all = runs.openTasks()
    const open = withoutHolder(all, team)
    const lost = open.filter(({ task, host = '' }) => {
      const last = rung.get(task)
      return before.has(task) && (last?.host !== host || Date.now() - last.at >= AGAIN_MS)
    })
    for (const agent of new Set(lost.map((task) => task.agent))) {
      const held = team.present
        .filter(({ card }) => card.name === agent)
        .reduce((sum, host) => sum + Object.keys(host.held).length, 0)
      const own = new Map(lost.filter((task) => task.agent === agent).map((task) => [task.task, task]))
      const queue = {
        // Its death was rung for before: whoever has been given the task since had not begun it, and counts.
        open: [...own.values()].map((task) =>
          rung.get(task.task)?.host === task.host ? withoutHost(task) : task,
        ),
        held,
        givenOut: givenOut.get(agent) ?? 0,
      }
      const looked = await ringForLost(bus, agent, queue, signal)
      givenOut.set(agent, looked.givenOut)
      for (const { task } of looked.rung) {
        rung.set(task, { host: own.get(task)?.host ?? '', at: Date.now() })
        note(`task ${task} was with nobody: it is rung for again`)
      }
    }
    before = new Set(open.map(({ task }) => task))
    const known = new Set(all.map(({ task }) => task))
    for (const task of rung.keys()) if (!known.has(task)) rung.delete(task)
  }
}

function withoutHost({ run, task, agent }: Open): Open {
  return { run, task, agent }
}

/** Tasks that no living host says it has, and that no living host was the last to begin. */
function withoutHolder(tasks: Open[], team: Pick<Team, 'present'>): Open[] {
  const living = new Set(team.present.map(({ host }) => host))
  const held = new Set(team.present.flatMap((host) => Object.keys(host.held)))
  return tasks.filter(({ task, host }) => !held.has(task) && (host === undefined || !living.has(host)))
}
