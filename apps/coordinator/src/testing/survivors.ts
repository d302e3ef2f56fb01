import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Matches the command line of a daemon, from source or built. */
export const DAEMON = /coordinator\/(src|dist)\/main\.[jt]s/

/** A process that has something to do with a folder. */
export interface Survivor {
  pid: number
  command: string
}

/**
 * Processes whose command line, environment or working directory names the folder, everything in their process
 * groups, and sandboxes without a host, of whatever folder: nothing of a sandbox names anything. Linux only: it
 * reads /proc.
 */
export function survivors(folder: string): Survivor[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [state, parent, group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
        const cwd = readlinkSync(`/proc/${name}/cwd`)
        const traces = [command, environment, cwd]
        return state === 'Z' ? [] : [{ pid: Number(name), parent, group, command, traces }]
      } catch {
        return [] // Gone meanwhile.
      }
    })
  const named = all.filter(({ traces }) => traces.some((trace) => trace.includes(folder)))
  const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2]
  const groups = new Set(named.map(({ group }) => group).filter((group) => group !== own))
  const isOrphan = ({ parent, command }: (typeof all)[number]) =>
    parent === '1' && command.includes('box/child.cjs')
  return all
    .filter((one) => named.includes(one) || groups.has(one.group) || isOrphan(one))
    .map(({ pid, command }) => ({ pid, command }))
}

/** Waits until nothing of the folder runs any more; what still does after the wait is returned. */
export async function untilNoneSurvive(folder: string, waitMs = 10_000): Promise<Survivor[]> {
  const until = Date.now() + waitMs
  while (survivors(folder).length > 0 && Date.now() < until) await sleep(50)
  return survivors(folder)
}

/** The pid of the one process whose command line matches. */
export function pidOf(folder: string, pattern: RegExp): number {
  const found = survivors(folder).filter(({ command }) => pattern.test(command))
  if (found[0] === undefined) throw new Error(`no process of ${folder} matches ${pattern}`)
  return found[0].pid
}

/** Kills a process that may have gone already: a container goes with its parent. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
