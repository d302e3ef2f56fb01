import { rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { makeTemporaryFolder } from '@bailiwick/contract/temporary-folder'
import { errorText, type Isolation, SandboxError } from '@bailiwick/contract/world'
import { type ChildFiles, childFiles } from './child-files.ts'
import { availableLayers, type Layers, permissionArguments } from './layers.ts'
import { startWrapped } from './start-wrapped.ts'

/** What a child could do when it tried. Each should be false. */
export interface Reach {
  readsFiles: boolean
  writesFiles: boolean
  startsProcesses: boolean
  startsWorkers: boolean
  seesEnvironment: boolean
  connects: boolean
}

/** The isolation of sandboxes on this machine. */
export interface IsolationReport {
  /** The level that this machine reaches. `requireIsolation` is compared with it. */
  isolation: Exclude<Isolation, 'inline'>
  /** The layers that work here, besides the runtime's permission model and the empty environment. */
  layers: Layers
  reach: Reach
  /** Each missing layer with the reason, for people. */
  notes: string[]
}

const PROBE_MS = 15_000
/** Needs root, unlike `ensureBubblewrap`. */
const INSTALL = 'apt-get install bubblewrap'
const NO_LAYERS: Layers = { limits: false, container: false, seccomp: false }

let known: Promise<IsolationReport> | undefined

/**
 * Finds out which isolation this machine offers by starting a child that tries to escape. Chooses the strongest set of
 * layers in which a child starts. Probes once per process and returns the same report afterwards.
 *
 * @throws SandboxError if no child starts at all, or a child could read a file or start a process
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
      notes.push(`a child does not start with ${describe(layers)}: ${errorText(attempt.reason)}`)
      continue
    }
    return judge(layers, attempt.value, notes)
  }
  throw new SandboxError(
    `Expected a sandbox child to start, but none does on this machine: ${notes.join('; ')}`,
  )
}

function judge(layers: Layers, reach: Reach, notes: string[]): IsolationReport {
  const breach = (
    ['readsFiles', 'writesFiles', 'startsProcesses', 'startsWorkers', 'seesEnvironment'] as const
  ).filter((one) => reach[one])
  if (breach.length > 0) {
    throw new SandboxError(
      `Expected a sandbox child to have no access to the machine, found: ${breach.join(', ')}. No code will run in it.`,
    )
  }
  if (reach.connects)
    notes.push(
      'this runtime cannot forbid network access: code that breaks out of its isolate could connect; use Node 26 or bubblewrap',
    )
  const confined = layers.container && !reach.connects
  return { isolation: confined ? 'confined' : 'process', layers, reach, notes }
}

/** Provides a file and a port that a child must not reach. */
async function withTarget<T>(use: (outside: string, port: number) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder('bailiwick-probe-')
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
  const { child, kill } = startWrapped(layers, files, command, 256)
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
      Buffer.concat(errors).toString().trim().split('\n')[0]?.slice(0, 300) || 'it ended without a report',
    )
  return JSON.parse(text) as Reach
}

function missingNotes({ limits, container }: Layers): string[] {
  if (process.platform !== 'linux') {
    return [`on ${process.platform} the runtime's permission model is the only layer`]
  }
  return [
    ...(container
      ? []
      : [
          `bubblewrap is not installed: the child has no container and no system call filter; get it with "${INSTALL}" or "bailiwick doctor --fetch-bubblewrap"`,
        ]),
    ...(limits ? [] : ['prlimit is not installed: memory outside the heap is watched but not limited']),
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
