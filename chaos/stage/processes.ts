import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process of a stage. */
export interface StageProcess {
  pid: number
  parent: number
  command: string
}

interface Found extends StageProcess {
  group: number
  posixSession: number
  /** All texts that may name a folder. */
  traces: string[]
}

/**
 * Finds the processes whose command line, program, working directory or environment names a folder, with their
 * descendants, process groups and sessions. The folder has its own copy of Node, whose path is in the command line of
 * every process that was started with it, even if its parents are dead. Works on Linux only, because it reads /proc.
 */
export function processesOf(folder: string): StageProcess[] {
  const all = readAll()
  const own = all.find(({ pid }) => pid === process.pid)
  const found = new Set(
    all.filter(({ pid, traces }) => pid !== process.pid && traces.some((trace) => trace.includes(folder))),
  )
  for (const { pid, group, posixSession } of found) {
    for (const other of all) {
      const related =
        other.parent === pid ||
        (other.group === group && group !== own?.group) ||
        (other.posixSession === posixSession && posixSession !== own?.posixSession && posixSession !== 0)
      if (related && other.pid !== process.pid) found.add(other)
    }
  }
  return [...found].map(({ pid, parent, command }) => ({ pid, parent, command }))
}

function readAll(): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readTrace(() => readFileSync(`/proc/${name}/stat`, 'utf8'))
      const [state, ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (stat === '' || state === 'Z') return []
      const [parent = 0, group = 0, posixSession = 0] = numbers.map(Number)
      const command = readTrace(() => readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '))
      const traces = [
        command,
        readTrace(() => readFileSync(`/proc/${name}/environ`, 'utf8')),
        readTrace(() => readlinkSync(`/proc/${name}/exe`)),
        readTrace(() => readlinkSync(`/proc/${name}/cwd`)),
      ]
      return [{ pid: Number(name), parent, group, posixSession, command, traces }]
    })
}

/** Empty if the process has ended, or the trace is not readable. */
function readTrace(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** The kind of a process, from its command line. */
export function kindOf({ command }: Pick<StageProcess, 'command'>): Kind | undefined {
  return KINDS.find(([, pattern]) => pattern.test(command))?.[0]
}

const KINDS = [
  ['tool host', /tool-host\.ts/],
  ['daemon', /coordinator\/(src|dist)\/main\.[jt]s/],
  ['toolbox', /toolbox-main\.[jt]s/],
  ['nats-server', /nats\.conf/],
  ['sandbox', /\/(lying-)?child\.cjs/],
  ['host', /host\/main\.[jt]s.*\.mjs/],
] as const
export type Kind = (typeof KINDS)[number][0]

/** Sandboxes without a host among their ancestors. Their hosts are dead, so they should be dead too. */
export function orphans(processes: readonly StageProcess[]): StageProcess[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]))
  return processes.filter((one) => {
    if (kindOf(one) !== 'sandbox') return false
    for (let above = byPid.get(one.parent); above !== undefined; above = byPid.get(above.parent))
      if (kindOf(above) === 'host') return false
    return true
  })
}

/**
 * Checks the number of processes of each kind, and that no sandbox has lost its host.
 *
 * @param wanted the expected number of each kind
 */
export function judgeProcesses(
  processes: readonly StageProcess[],
  wanted: Readonly<Partial<Record<Kind, number>>>,
): string[] {
  const lost = orphans(processes).map(({ pid, command }) => `a sandbox has lost its host: ${pid} ${command}`)
  const counted = Object.entries(wanted).flatMap(([kind, count]) => {
    const pids = processes.filter((one) => kindOf(one) === kind).map(({ pid }) => pid)
    return pids.length === count ? [] : [`${kind}: expected ${count}, found ${pids.join(', ') || 'none'}`]
  })
  return [...lost, ...counted]
}
