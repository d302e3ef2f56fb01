import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Matches the command line of a daemon, from source or built. */
export const DAEMON = /coordinator\/(src|dist)\/main\.[jt]s/
/** Matches the command line of a sandbox child, and of the container around it. */
const SANDBOX = /\/child\.cjs/

/** A process that is related to a folder. */
export interface Survivor {
  pid: number
  command: string
}

/**
 * Finds the processes whose command line, environment or working directory names the folder, and the rest of their
 * process groups. Also finds every sandbox without a host, because nothing tells which folder a sandbox belongs to.
 * Works on Linux only, because it reads /proc.
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
        return [] // The process has ended.
      }
    })
  const named = all.filter(({ traces }) => traces.some((trace) => trace.includes(folder)))
  const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2]
  const groups = new Set(named.map(({ group }) => group).filter((group) => group !== own))
  const isOrphan = ({ parent, command }: (typeof all)[number]) => parent === '1' && SANDBOX.test(command)
  return all
    .filter((one) => named.includes(one) || groups.has(one.group) || isOrphan(one))
    .map(({ pid, command }) => ({ pid, command }))
}

/** Waits until no process of the folder is left. @returns the processes that are left after `waitMs` */
export async function untilNoneSurvive(folder: string, waitMs = 10_000): Promise<Survivor[]> {
  const until = Date.now() + waitMs
  while (survivors(folder).length > 0 && Date.now() < until) await sleep(50)
  return survivors(folder)
}

/** The pid of a process of the folder whose command line matches. @throws Error if there is none */
export function pidOf(folder: string, pattern: RegExp): number {
  const found = survivors(folder).filter(({ command }) => pattern.test(command))
  if (found[0] === undefined)
    throw new Error(`Expected a process of ${folder} that matches ${pattern}, found none.`)
  return found[0].pid
}

/** Kills a process. It may have ended already, as a container does with its parent. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
