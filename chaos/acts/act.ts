import type { Kind } from '../stage/processes.ts'

/** What is done to a process: `SIGKILL`, `SIGTERM`, or `SIGSTOP` and after a while `SIGCONT`. */
export type Deed = 'killed' | 'terminated' | 'stopped'

/** One thing that the saboteur did. */
export interface Act {
  kind: Kind
  deed: Deed
  pid: number
  /** When, Unix milliseconds; for one that was stopped, until it was continued. */
  from: number
  to: number
}

/** How often each kind of process met each deed, most often first. */
export function countActs(acts: readonly Act[]): string {
  const times = new Map<string, number>()
  for (const { kind, deed, from, to } of acts) {
    const name = `${kind} ${deed === 'stopped' && to - from >= LONG_STOP_MS.least ? 'stopped long' : deed}`
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  const sorted = [...times].sort((a, b) => b[1] - a[1])
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ')
}

export function tellAct({ kind, deed, from, to }: Act): string {
  return deed === 'stopped' ? `${kind} stopped for ${((to - from) / 1_000).toFixed(1)} s` : `${kind} ${deed}`
}

/** From past the heartbeat of hosts to past every bound after which somebody is taken for dead. */
export const LONG_STOP_MS = { least: 3_000, most: 15_000 } as const
