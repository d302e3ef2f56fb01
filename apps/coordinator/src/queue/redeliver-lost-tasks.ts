import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, countBells, type OpenTask, redeliverLost } from '@bailiwick/bus'
import type { Hosts } from '../processes/hosts.ts'
import type { Runs } from '../runs/runs.ts'
import type { Team } from '../team/team.ts'

const TIMING = {
  /** How often open tasks are checked. Milliseconds. */
  checkMs: 1_000,
  /** After a (re)connect, every living host sends a heartbeat within this time. Milliseconds. */
  settleMs: 3_000,
  /**
   * A task is redelivered again after this time, because its last delivery may have gone to the broken connection of a
   * living host. Longer than a host's back-off before it uses up the deliveries. Milliseconds.
   */
  retryMs: 6_000,
}

type Open = OpenTask & { agent: string }

export interface RedeliverOptions {
  bus: Bus
  team: Pick<Team, 'present'>
  runs: Pick<Runs, 'openTasks' | 'readyTasks' | 'isCurrent'>
  /** Its hosts that run on demand start if bells of an agent wait. */
  hosts: Pick<Hosts, 'need'>
  note(line: string): void
  timing?: typeof TIMING
}

/**
 * Redelivers open tasks that no host works on, until `signal` aborts. A death that the daemon sees redelivers tasks at
 * once; this finds the tasks of deaths that nobody saw, because host, server and daemon died at nearly the same time.
 */
export async function redeliverLostTasks(options: RedeliverOptions, signal: AbortSignal): Promise<void> {
  const { bus, team, runs, note, timing = TIMING } = options
  let settledAt = performance.now() + timing.settleMs
  const removeListener = bus.link.onReconnect(() => {
    settledAt = performance.now() + timing.settleMs
  })
  signal.addEventListener('abort', removeListener, { once: true })
  /** Tasks without a host at the last check. A task that is missing here may just be being delivered. */
  let before = new Set<string>()
  /** By task: its dead host and the time of its last redelivery. */
  const redelivered = new Map<string, { agent: string; host: string; at: number }>()
  /** By agent: the last message of its queue that was delivered at the last check. */
  const delivered = new Map<string, number>()
  for (;;) {
    await sleep(timing.checkMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    if (performance.now() < settledAt) continue
    const missing = await agentsThatMiss(options, signal)
    const all = missing.size === 0 ? [] : runs.openTasks().filter(({ agent }) => missing.has(agent))
    const open = withoutHost(all, team)
    const lost = open.filter(({ task, host = '' }) => {
      const last = redelivered.get(task)
      return before.has(task) && (last?.host !== host || performance.now() - last.at >= timing.retryMs)
    })
    for (const [agent, tasks] of Map.groupBy(lost, ({ agent }) => agent)) {
      const queue = {
        // If its host's death was already handled, the host that had the task since then never started it.
        open: tasks.map(({ host, ...task }) => {
          const isKnownDeath = redelivered.get(task.task)?.host === host
          return { ...task, ...(host !== undefined && !isKnownDeath && { host }) }
        }),
        held: countHeld(team, agent),
        delivered: delivered.get(agent) ?? 0,
        async confirm(suspects: readonly OpenTask[]) {
          if (!(await runs.isCurrent())) return []
          const still = new Set(withoutHost(runs.openTasks(), team).map(({ task }) => task))
          return suspects.filter(({ task }) => still.has(task))
        },
      }
      const lostTasks = await redeliverLost(bus, agent, queue, signal)
      delivered.set(agent, lostTasks.delivered)
      for (const { task } of lostTasks.redelivered) {
        const host = tasks.find((one) => one.task === task)?.host ?? ''
        redelivered.set(task, { agent, host, at: performance.now() })
        note(`No host was working on task ${task}. It is redelivered.`)
      }
    }
    before = new Set(open.map(({ task }) => task))
    const known = new Set(all.map(({ task }) => task))
    for (const [task, { agent }] of redelivered)
      if (missing.has(agent) && !known.has(task)) redelivered.delete(task)
  }
}

/**
 * The agents of which some task may be lost: fewer bells wait or are held than there are tasks, or living hosts do not
 * hold all bells that were delivered. With many open tasks, only their agents are looked at one by one.
 */
async function agentsThatMiss(
  { bus, team, runs, hosts }: RedeliverOptions,
  signal: AbortSignal,
): Promise<Set<string>> {
  const missing = new Set<string>()
  for (const [agent, count] of runs.readyTasks()) {
    const { waiting, delivered } = await countBells(bus, agent, signal)
    if (waiting > 0) hosts.need(agent)
    if (delivered > countHeld(team, agent) || waiting + delivered < count) missing.add(agent)
  }
  return missing
}

function countHeld(team: Pick<Team, 'present'>, agent: string): number {
  return team.present
    .filter(({ card }) => card.name === agent)
    .reduce((sum, { held }) => sum + Object.keys(held).length, 0)
}

/** Tasks that no living host holds and no living host was the last to start. */
function withoutHost(tasks: Open[], team: Pick<Team, 'present'>): Open[] {
  const living = new Set(team.present.map(({ host }) => host))
  const held = new Set(team.present.flatMap((host) => Object.keys(host.held)))
  return tasks.filter(({ task, host }) => !held.has(task) && (host === undefined || !living.has(host)))
}
