import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { ChildFiles } from './child-files.ts'
import { type Layers, wrapCommand } from './layers.ts'

const ERRORS = 2
const FRAME_IN = 3
const FRAME_OUT = 4

/** The child's whole environment: its zone and locale, which are part of the world. */
const CHILD_ENVIRONMENT = Object.freeze({ TZ: 'UTC', LC_ALL: 'en_US.UTF-8' })

export interface WrappedChild {
  child: ChildProcess
  /** The process that runs guest code. Undefined until the container, if there is one, has started it. */
  leafPid(): number | undefined
  /** Kills every process that was started, also during setup. */
  kill(): void
}

/** Starts a command inside layers. It gets frames on descriptors 3 and 4, errors on 2, and no other descriptor. */
export function startWrapped(
  layers: Layers,
  files: ChildFiles,
  command: readonly string[],
  memoryMb: number,
): WrappedChild {
  const { container, ...wrapped } = wrapCommand(layers, files, command, memoryMb, CHILD_ENVIRONMENT)
  const used = [ERRORS, FRAME_IN, FRAME_OUT]
  if (container !== undefined) used.push(container.infoFd, container.setUpFd)
  if (container?.filter !== undefined) used.push(container.filter.fd)
  const stdio = Array.from({ length: Math.max(...used) + 1 }, (_, fd) =>
    used.includes(fd) ? 'pipe' : 'ignore',
  )
  const child = spawn(wrapped.command, wrapped.args, {
    env: CHILD_ENVIRONMENT,
    cwd: files.folder,
    stdio,
    // A group of its own, so that `kill` reaches all of it.
    detached: container !== undefined,
    windowsHide: true,
  })
  if (container === undefined) return { child, leafPid: () => child.pid, kill: () => child.kill('SIGKILL') }
  const write = (fd: number, bytes: Buffer | string) => {
    const input = child.stdio[fd] as Writable
    input.on('error', () => {}) // The process has ended; its exit is reported instead.
    input.end(bytes)
  }
  if (container.filter !== undefined) write(container.filter.fd, container.filter.bytes)
  const { setUpFd } = container
  // Its first output or its exit shows that the setup is over.
  child.stdio[FRAME_OUT]?.once('data', () => write(setUpFd, '\n'))
  child.once('exit', () => child.stdio[setUpFd]?.destroy())
  const leafPid = readLeaf(child.stdio[container.infoFd] as Readable)
  const kill = () => {
    // After its exit, its ids may belong to other processes.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    killQuietly(-child.pid)
    const leaf = leafPid()
    if (leaf !== undefined) killQuietly(leaf)
  }
  return { child, leafPid, kill }
}

/**
 * Reads which process runs guest code. The container writes `{"child-pid": n, …}` once it is set up. Process `n` only
 * reaps; guest code runs in its child.
 */
function readLeaf(info: Readable): () => number | undefined {
  let text = ''
  let leaf: number | undefined
  info.on('error', () => {})
  info.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return () => {
    const first = /"child-pid":\s*(\d+)/.exec(text)?.[1]
    if (leaf === undefined && first !== undefined) leaf = firstChild(first)
    return leaf
  }
}

/** The first child of a process, or undefined if the system does not tell. */
function firstChild(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]) || undefined
  } catch {
    return undefined // It has ended, or has not started its child yet.
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}
