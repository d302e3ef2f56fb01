import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Matches the command line of a daemon, from source or built. */
export const DAEMON = /coordinator\/(src|dist)\/main\.[jt]s/

/** A process that is related to a folder. */
export interface Survivor {
  pid: number
  command: string
}

/**
 * The processes that were related to a folder when they were last looked for, as pid and start time. Nothing in a
 * sandbox names its folder, so after its host has died only this tells where it belongs.
 */
const remembered = new Map<string, Set<string>>()

/**
 * Finds the processes whose command line, environment or working directory names the folder, the rest of their process
 * groups, everything below them, and what earlier calls found and still runs. Works on Linux only, because it reads
 * /proc.
 */
export function survivors(folder: string): Survivor[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => readProcess(name) ?? [])
  const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2]
  const before = remembered.get(folder)
  const found = new Set(
    all.filter(({ id, traces }) => before?.has(id) || traces.some((trace) => trace.includes(folder))),
  )
  // Iterating a set visits what is added meanwhile.
  for (const { pid, group } of found) {
    for (const other of all)
      if (other.parent === pid || (other.group === group && group !== own)) found.add(other)
  }
  remembered.set(folder, new Set([...found].map(({ id }) => id)))
  return [...found].map(({ pid, command }) => ({ pid, command }))
}

function readProcess(name: string) {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
    // The name in parentheses may hold spaces and parentheses, so count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, parent, group] = fields
    if (state === 'Z') return undefined
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
    const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
    const cwd = readlinkSync(`/proc/${name}/cwd`)
    const id = `${name} ${fields[19]}`
    return {
      id,
      pid: Number(name),
      parent: Number(parent),
      group,
      command,
      traces: [command, environment, cwd],
    }
  } catch {
    return undefined // The process has ended.
  }
}

/** Waits until no process of the folder is left. @returns the processes that are left after `waitMs` */
export async function untilNoneSurvive(folder: string, waitMs = 10_000): Promise<Survivor[]> {
  const until = Date.now() + waitMs
  while (survivors(folder).length > 0 && Date.now() < until) await sleep(50)
  return survivors(folder)
}

/** Kills every process of the folder, and waits until they have ended. */
export async function killSurvivors(folder: string): Promise<void> {
  const until = Date.now() + 10_000
  for (;;) {
    const left = survivors(folder)
    if (left.length === 0 || Date.now() > until) return
    for (const { pid } of left) killIfThere(pid)
    await sleep(20)
  }
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
