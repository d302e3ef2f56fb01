import type { ChildProcess, spawn as nodeSpawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { ChildFiles } from './child-files.ts'
import { type Layers, wrapCommand } from './layers.ts'

const ERRORS = 2
const FRAME_IN = 3
const FRAME_OUT = 4

/** Zone and locale are part of the world; nothing else is in the child's environment. */
const CHILD_ENVIRONMENT = Object.freeze({ TZ: 'UTC', LC_ALL: 'en_US.UTF-8' })

export interface WrappedChild {
  child: ChildProcess
  /** The process that guest code runs in; unknown for a moment where a container starts it. */
  leafPid(): number | undefined
  /** Kills all that was started, also what is still being set up. */
  kill(): void
}

/** Starts a command inside the layers: frames on descriptors 3 and 4, errors on 2, nothing else open. */
export function startWrapped(
  layers: Layers,
  files: ChildFiles,
  command: readonly string[],
  memoryMb: number,
  spawn: typeof nodeSpawn,
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
    // Its group is killed as one.
    detached: container !== undefined,
    windowsHide: true,
  })
  if (container === undefined) return { child, leafPid: () => child.pid, kill: () => child.kill('SIGKILL') }
  const write = (fd: number, bytes: Buffer | string) => {
    const input = child.stdio[fd] as Writable
    input.on('error', () => {}) // Gone already: its exit says more.
    input.end(bytes)
  }
  if (container.filter !== undefined) write(container.filter.fd, container.filter.bytes)
  const { setUpFd } = container
  // The first that it says, or its end: nothing of it waits to be set up any more.
  child.stdio[FRAME_OUT]?.once('data', () => write(setUpFd, '\n'))
  child.once('exit', () => child.stdio[setUpFd]?.destroy())
  const leafPid = readLeaf(child.stdio[container.infoFd] as Readable)
  const kill = () => {
    // Once its exit was seen, all of it is gone, and its ids may be somebody else's.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    killQuietly(-child.pid)
    const leaf = leafPid()
    if (leaf !== undefined) killQuietly(leaf)
  }
  return { child, leafPid, kill }
}

/**
 * The container writes `{"child-pid": n, …}` once it is set up. That is the first process inside, which
 * only reaps; the one that guest code runs in is its child.
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

/** The first child of a process, where the system says. */
function firstChild(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]) || undefined
  } catch {
    return undefined // It is gone already, or has not started its child yet.
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}
