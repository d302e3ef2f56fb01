import type { ChildProcess, spawn as nodeSpawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { type Layers, wrapCommand } from '../isolation/layers.ts'
import type { ChildFiles } from './child-files.ts'

/** Zone and locale are part of the world; nothing else is in the child's environment. */
const CHILD_ENVIRONMENT = Object.freeze({ TZ: 'UTC', LC_ALL: 'en_US.UTF-8' })

export interface WrappedChild {
  child: ChildProcess
  /** The process that guest code runs in; unknown for a moment where a container starts it. */
  leafPid(): number | undefined
}

/** Starts a command inside the layers: frames on descriptors 3 and 4, errors on 2, nothing else open. */
export function startWrapped(
  layers: Layers,
  files: ChildFiles,
  command: readonly string[],
  memoryMb: number,
  spawn: typeof nodeSpawn,
): WrappedChild {
  const wrapped = wrapCommand(layers, files, command, memoryMb, CHILD_ENVIRONMENT)
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'pipe', 'pipe', 'pipe']
  if (wrapped.infoFd !== undefined) stdio[wrapped.infoFd] = 'pipe'
  if (wrapped.filter !== undefined) stdio[wrapped.filter.fd] = 'pipe'
  const child = spawn(wrapped.command, wrapped.args, {
    env: CHILD_ENVIRONMENT,
    cwd: files.folder,
    stdio,
    windowsHide: true,
  })
  if (wrapped.filter !== undefined) {
    const input = child.stdio[wrapped.filter.fd] as Writable
    input.on('error', () => {})
    input.end(wrapped.filter.bytes)
  }
  if (wrapped.infoFd === undefined) return { child, leafPid: () => child.pid }
  return { child, leafPid: readLeaf(child.stdio[wrapped.infoFd] as Readable) }
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
export function firstChild(pid: string | number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]) || undefined
  } catch {
    return undefined // It is gone already, or has not started its child yet.
  }
}
