import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Names one life of a process. A process id alone is reused by the system;
 * together with the moment the process began it is not.
 */
export interface ProcessMark {
  readonly pid: number
  /** When it began, in whatever form the platform tells; compared for equality only. */
  readonly began: string
}

// Where the platform does not tell the start time, the id alone must do: rather a lock too many than a store lost.
const UNKNOWN = 'unknown'

/** The mark of a running process; undefined where there is none by that id, or it is a zombie. */
export async function markOf(pid: number): Promise<ProcessMark | undefined> {
  const began = await beganAt(pid)
  return began === undefined ? undefined : { pid, began }
}

let own: Promise<ProcessMark> | undefined

/** The mark of this process. */
export function ownMark(): Promise<ProcessMark> {
  own ??= markOf(process.pid).then((mark) => mark ?? { pid: process.pid, began: UNKNOWN })
  return own
}

/** Whether the marked process still runs. */
export async function isAlive(mark: ProcessMark): Promise<boolean> {
  if (!signalable(mark.pid)) return false
  const began = await beganAt(mark.pid)
  if (began === UNKNOWN || mark.began === UNKNOWN) return began !== undefined
  return began === mark.began
}

/** Whether a process by that id exists, whoever it is: cheap, for polling a process known to be ours. */
export function signalable(pid: number): boolean {
  // 0 and below would ask about process groups.
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function beganAt(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxBeganAt(pid)
  if (!signalable(pid)) return undefined
  const [command, ...args] =
    process.platform === 'win32'
      ? ['powershell', '-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`]
      : ['ps', '-o', 'lstart=', '-p', String(pid)]
  try {
    const { stdout } = await run(command, args, { env: { ...process.env, LC_ALL: 'C' }, windowsHide: true })
    if (stdout.trim()) return stdout.trim()
  } catch {
    // Both commands fail where no process has that id any more; or there is no such command.
  }
  return signalable(pid) ? UNKNOWN : undefined
}

async function linuxBeganAt(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The command's name may hold spaces and brackets; what follows its last bracket does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    // A zombie runs nothing. Under an init that never reaps, it would look alive for ever.
    if (state === 'Z' || state === 'X') return undefined
    const [boot, namespace] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ])
    // Ticks since boot mean nothing across boots, nor ids across containers.
    return `${boot.trim()} ${namespace} ${fields[19]}`
  } catch {
    // No such process; or a /proc that is not mounted or hides the processes of others.
    return signalable(pid) ? UNKNOWN : undefined
  }
}
