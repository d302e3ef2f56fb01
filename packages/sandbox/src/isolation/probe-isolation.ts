import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type Isolation, SandboxError } from '@bailiwick/contract/world'
import { permissionArguments } from '../parent/spawn-child.ts'
import { type ChildFiles, childFiles } from './child-files.ts'
import { availableLayers, type Layers } from './layers.ts'
import { startWrapped } from './start-wrapped.ts'

/** What a child could do when it tried. All false is what everyone wants to see. */
export interface Reach {
  readsFiles: boolean
  writesFiles: boolean
  startsProcesses: boolean
  startsWorkers: boolean
  seesEnvironment: boolean
  connects: boolean
}

export interface IsolationReport {
  /** The level reached: what `requireIsolation` is held against. */
  isolation: Exclude<Isolation, 'inline'>
  /** Layers that work here, beyond the runtime's permission model and the empty environment. */
  layers: Layers
  reach: Reach
  /** What is missing and why, a line each; for people. */
  notes: string[]
}

const PROBE_MS = 15_000
/** For a person with root; our own way needs none. */
const INSTALL = 'apt-get install bubblewrap'
const NO_LAYERS: Layers = { limits: false, container: false, seccomp: false }

let known: Promise<IsolationReport> | undefined

/**
 * Finds out what isolation this machine gives, by starting a child that tries to get out. The
 * strongest set of layers in which a child starts is taken. Asked once a process.
 *
 * @throws SandboxError where not even a bare child starts, or one could read a file or start a process
 * @example
 * const { isolation, notes } = await probeIsolation()
 */
export function probeIsolation(): Promise<IsolationReport> {
  known ??= probe()
  return known
}

async function probe(): Promise<IsolationReport> {
  const files = childFiles()
  const available = availableLayers()
  const candidates: Layers[] = [
    available,
    { ...available, seccomp: false },
    { ...available, container: false, seccomp: false },
    NO_LAYERS,
  ].filter((one, index, all) => all.findIndex((other) => sameLayers(one, other)) === index)
  const notes = missingNotes(available)
  const attempts = await withTarget((outside, port) =>
    Promise.allSettled(candidates.map((layers) => reachWithin(layers, files, outside, port))),
  )
  for (const [index, attempt] of attempts.entries()) {
    const layers = candidates[index] ?? NO_LAYERS
    if (attempt.status === 'rejected') {
      notes.push(
        `a child does not start with ${describe(layers)}: ${String((attempt.reason as Error).message)}`,
      )
      continue
    }
    return judge(layers, attempt.value, notes)
  }
  throw new SandboxError(`no sandbox child starts on this machine: ${notes.join('; ')}`)
}

function judge(layers: Layers, reach: Reach, notes: string[]): IsolationReport {
  const breach = (
    ['readsFiles', 'writesFiles', 'startsProcesses', 'startsWorkers', 'seesEnvironment'] as const
  ).filter((one) => reach[one])
  if (breach.length > 0) {
    throw new SandboxError(
      `a sandbox child could do what it must not (${breach.join(', ')}); refusing to run code in it`,
    )
  }
  if (reach.connects)
    notes.push(
      'this runtime has no permission for the network: a broken isolate could connect; use Node 26, or bubblewrap',
    )
  const confined = layers.container && !reach.connects
  return { isolation: confined ? 'confined' : 'process', layers, reach, notes }
}

/** A file and a port that a child must not get at. */
async function withTarget<T>(use: (outside: string, port: number) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bailiwick-probe-'))
  const server = createServer((socket) => socket.destroy())
  try {
    const outside = join(folder, 'outside')
    await writeFile(outside, 'not for you')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return await use(outside, (server.address() as AddressInfo).port)
  } finally {
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function reachWithin(layers: Layers, files: ChildFiles, outside: string, port: number): Promise<Reach> {
  const main = join(files.folder, 'probe.cjs')
  const command = [process.execPath, ...permissionArguments(files), main, outside, String(port)]
  const { child, kill } = startWrapped(layers, files, command, 256, spawn)
  const answer: Buffer[] = []
  const errors: Buffer[] = []
  ;(child.stdio[4] as Readable).on('data', (chunk: Buffer) => answer.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const timer = setTimeout(kill, PROBE_MS)
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  clearTimeout(timer)
  const text = Buffer.concat(answer).toString()
  if (text === '')
    throw new SandboxError(
      Buffer.concat(errors).toString().trim().split('\n')[0]?.slice(0, 300) || 'it said nothing',
    )
  return JSON.parse(text) as Reach
}

function missingNotes({ limits, container }: Layers): string[] {
  if (process.platform !== 'linux') {
    return [`on ${process.platform} there is the runtime's permission model and nothing below it`]
  }
  return [
    ...(container
      ? []
      : [
          `bubblewrap is not installed: no container and no system call filter around the child; get it with "${INSTALL}" or "bailiwick doctor --fetch-bubblewrap"`,
        ]),
    ...(limits ? [] : ['prlimit is not installed: memory outside the heap is watched, not limited']),
  ]
}

function sameLayers(one: Layers, other: Layers): boolean {
  return one.limits === other.limits && one.container === other.container && one.seccomp === other.seccomp
}

function describe({ limits, container, seccomp }: Layers): string {
  const names = [limits && 'prlimit', container && 'bubblewrap', seccomp && 'seccomp'].filter(
    (name) => name !== false,
  )
  return names.length === 0 ? 'the permission model alone' : names.join(' and ')
}
