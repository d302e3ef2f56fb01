import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** In each bundle's folder: the digest of every file that the bundle was made from. */
const INPUTS = 'inputs.json'
/** Begins the name of a folder that only the process that makes it may use. */
const UNFINISHED = 'new-'
/** A bundle that no process has asked for during this time is removed, ms. */
const UNUSED_MS = 86_400_000

type Inputs = Record<string, string>

let current: string | undefined

/**
 * The folder of a bundle of the child that was made from the current sources. Used only while this package runs from
 * source. The bundle stays the same for the life of the process.
 */
export function sourceBundle(): string {
  current ??= bundleIn(join(root, 'node_modules/.cache/child'))
  return current
}

/**
 * Finds a bundle of the current sources in a cache folder, or makes one. Several processes may do so at once: each
 * writes a folder of its own and renames it once it is complete.
 */
export function bundleIn(cache: string): string {
  mkdirSync(cache, { recursive: true })
  const folder = findBundle(cache) ?? makeBundle(cache)
  const now = new Date()
  utimesSync(folder, now, now)
  return folder
}

function findBundle(cache: string): string | undefined {
  const digests = new Map<string, string | undefined>()
  const isCurrent = ([file, digest]: [string, string]) => {
    if (!digests.has(file)) digests.set(file, digestOf(file))
    return digests.get(file) === digest
  }
  return readdirSync(cache)
    .filter((name) => !name.startsWith(UNFINISHED))
    .map((name) => join(cache, name))
    .find((folder) => {
      const inputs = Object.entries(readInputs(folder))
      return inputs.length > 0 && inputs.every(isCurrent)
    })
}

/** Empty if the folder has no list of inputs. */
function readInputs(folder: string): Inputs {
  const file = join(folder, INPUTS)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Inputs) : {}
}

function digestOf(file: string): string | undefined {
  const path = join(root, file)
  return existsSync(path) ? hash('sha256', readFileSync(path)) : undefined
}

function makeBundle(cache: string): string {
  removeUnused(cache)
  const began = Date.now()
  const made = mkdtempSync(join(cache, UNFINISHED))
  const output = execFileSync(process.execPath, [join(root, 'build/child.ts'), made], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const files = output.trim().split('\n')
  // If a source changed meanwhile, the bundle may hold either version, so no other process may reuse it.
  if (files.some((file) => statSync(join(root, file)).mtimeMs >= began)) return made
  const inputs: Inputs = Object.fromEntries(files.map((file) => [file, digestOf(file) ?? '']))
  const text = JSON.stringify(inputs, null, 2)
  writeFileSync(join(made, INPUTS), text)
  const folder = join(cache, hash('sha256', text).slice(0, 16))
  try {
    renameSync(made, folder)
  } catch (error) {
    // Another process made the same bundle first.
    rmSync(made, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function removeUnused(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name)
    // Another process may remove it at the same time.
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (Date.now() - used > UNUSED_MS) rmSync(folder, { recursive: true, force: true })
  }
}
