import { setTimeout as sleep } from 'node:timers/promises'
import { BailiwickError } from '@bailiwick/contract'
import { TOOLBOX_TOOLS } from '@bailiwick/tools/names'
import type { Team } from '../team/team.ts'
import type { HostReport, Hosts } from './hosts.ts'

/** How long a team may take to start before the daemon reports ready without the rest. Milliseconds. */
const MAX_START_MS = 30_000
/** How often the daemon says which processes are still starting. Milliseconds. */
const NOTE_EVERY_MS = 2_000
const CHECK_EVERY_MS = 50

export interface AwaitTeamOptions {
  team: Pick<Team, 'present' | 'registered'>
  hosts: Pick<Hosts, 'report' | 'output'>
  note(line: string): void
  signal: AbortSignal
  /** Default: {@link MAX_START_MS}. */
  maxMs?: number
}

/**
 * Waits until every process of the team has announced itself on the bus or keeps dying, and says which ones are still
 * starting. Does not wait for hosts that start on demand.
 *
 * @returns the names of the processes that did not start; a note gives the reason for each
 * @throws BailiwickError `no-host` if every agent host keeps dying; the reason of `signal` when it aborts
 */
export async function awaitTeam(options: AwaitTeamOptions): Promise<string[]> {
  const { team, hosts, note, signal, maxMs = MAX_START_MS } = options
  const hasAnnounced = (report: HostReport) => isPresent(report, team)
  const deadline = performance.now() + maxMs
  let noteAt = performance.now() + NOTE_EVERY_MS
  let lastNote = ''
  for (;;) {
    signal.throwIfAborted()
    const isStarting = hosts
      .report()
      .some((report) => report.state !== 'failed' && report.state !== 'idle' && !hasAnnounced(report))
    if (!isStarting || performance.now() >= deadline) break
    if (performance.now() >= noteAt) {
      const line = `Waiting for ${describeStarting(hosts.report(), hasAnnounced)}`
      if (line !== lastNote) note(line)
      lastNote = line
      noteAt = performance.now() + NOTE_EVERY_MS
    }
    await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
  const missing = hosts.report().filter((report) => report.state !== 'idle' && !hasAnnounced(report))
  const agents = hosts.report().filter(({ agent }) => agent !== undefined)
  if (agents.length > 0 && agents.every(({ state }) => state === 'failed')) {
    throw new BailiwickError('no-host', `No agent host started. ${agents.map(describeDeath).join('\n')}`)
  }
  // The processes that keep dying have been reported already.
  for (const { name, state } of missing) {
    if (state === 'failed') continue
    const lines = hosts.output(name).map((line) => `\n    ${line}`)
    note(`${name} has not started within ${maxMs / 1_000} s. Its last output:${lines.join('') || ' none'}`)
  }
  return missing.map(({ name }) => name)
}

/** Whether the process that runs now has announced itself: the registry may still hold an earlier one. */
function isPresent({ agent, pid, startedAt }: HostReport, team: AwaitTeamOptions['team']): boolean {
  if (pid === undefined || startedAt === undefined) return false
  if (agent !== undefined) return team.present.some((host) => host.pid === pid && host.card.name === agent)
  return TOOLBOX_TOOLS.every((name) =>
    team.registered.some(({ card, host, at }) => card.name === name && host === 'toolbox' && at >= startedAt),
  )
}

/** For example `analyst (1 of 2), toolbox`. */
function describeStarting(
  reports: readonly HostReport[],
  hasAnnounced: (report: HostReport) => boolean,
): string {
  const started = reports.filter(({ state }) => state !== 'idle')
  const byAgent = Map.groupBy(started, ({ name, agent }) => agent ?? name)
  return Array.from(byAgent, ([name, replicas]) => ({
    name,
    count: replicas.length,
    present: replicas.filter(hasAnnounced).length,
    isAgent: replicas[0]?.agent !== undefined,
  }))
    .filter(({ count, present }) => present < count)
    .map(({ name, count, present, isAgent }) => (isAgent ? `${name} (${present} of ${count})` : name))
    .join(', ')
}

function describeDeath({ name, lastDeath }: HostReport): string {
  const lines = lastDeath?.lines.map((line) => `\n    ${line}`) ?? []
  return `${name} ${lastDeath?.reason ?? 'ended'}${lines.join('')}`
}
