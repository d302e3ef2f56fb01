import type { Kind } from '../stage/processes.ts'

/** What happens to a process: `SIGKILL`, `SIGTERM`, or `SIGSTOP` and later `SIGCONT`. */
export type Deed = 'killed' | 'terminated' | 'stopped'

/** One act of the saboteur on a process, or of the guest or the child of a run. */
export interface Act {
  kind: Kind | 'guest' | 'child'
  deed: Deed | 'hung' | 'froze' | 'lied'
  pid?: number
  run?: string
  /** Unix milliseconds. For a stopped process, `to` is when it continued. */
  from: number
  to: number
}

/** Counts the acts by kind of process and deed, most frequent first. */
export function countActs(acts: readonly Act[]): string {
  const times = new Map<string, number>()
  for (const { kind, deed, from, to } of acts) {
    const name = `${kind} ${deed === 'stopped' && to - from >= LONG_STOP_MS.min ? 'stopped long' : deed}`
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  const sorted = [...times].sort((a, b) => b[1] - a[1])
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ')
}

export function describeAct({ kind, deed, run, from, to }: Act): string {
  if (deed === 'stopped') return `${kind} stopped for ${((to - from) / 1_000).toFixed(1)} s`
  return run === undefined ? `${kind} ${deed}` : `${kind} of ${run} ${deed}`
}

/** Duration of a long stop: from more than a heartbeat to more than every time after which a process counts as dead. */
export const LONG_STOP_MS = { min: 3_000, max: 15_000 } as const
