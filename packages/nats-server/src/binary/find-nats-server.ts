import { access, constants, readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { NatsServerError } from '../nats-server-error.ts'
import { binaryCacheDir, type CacheOptions, EXECUTABLE } from './cache-dir.ts'
import { compareVersions, inspectBinary, type NatsServerBinary } from './inspect-binary.ts'

export interface FindOptions extends CacheOptions {
  /** Folders to search after `PATH`. Default: where the platform's package managers install programs. */
  readonly places?: readonly string[]
  /** Receives lines for people, for example about a skipped binary, a download or a due upgrade. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Searches for nats-server 2.9 or newer, in this order: `NATS_SERVER_BIN`, the user's cache directory (newest
 * version first), `PATH`, the platform's usual folders. Fetches nothing.
 *
 * @returns undefined if there is none
 * @throws NatsServerError `binary-unusable` or `binary-too-old`, only for `NATS_SERVER_BIN`: an explicit choice is
 * never skipped
 * @example
 * ```ts
 * const binary = await findNatsServer()
 * console.log(binary ? `${binary.version} at ${binary.path}` : 'none yet')
 * ```
 */
export async function findNatsServer(options: FindOptions = {}): Promise<NatsServerBinary | undefined> {
  const { env = process.env, signal } = options
  signal?.throwIfAborted()
  if (env.NATS_SERVER_BIN) return inspectBinary(resolve(env.NATS_SERVER_BIN), 'env', signal)
  const cached = await newestCached(binaryCacheDir(options))
  if (cached) return cached
  const onPath = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return (
    (await firstUsable(onPath, 'path', options)) ??
    (await firstUsable(options.places ?? usualPlaces(env), 'usual', options))
  )
}

async function newestCached(cacheDir: string): Promise<NatsServerBinary | undefined> {
  // A binary is moved into the cache only after it ran once, so the folder name is its version.
  const versions = (await readdir(cacheDir).catch(() => [])).filter((name) => /^\d+\.\d+\.\d+/.test(name))
  for (const version of versions.sort(compareVersions).reverse()) {
    const path = join(cacheDir, version, EXECUTABLE)
    if (await isExecutable(path)) return { path, version, source: 'cache' }
  }
  return undefined
}

async function firstUsable(
  directories: readonly string[],
  source: 'path' | 'usual',
  { signal, onProgress }: FindOptions,
): Promise<NatsServerBinary | undefined> {
  for (const directory of directories) {
    const path = join(directory, EXECUTABLE)
    if (!(await isExecutable(path))) continue
    try {
      return await inspectBinary(path, source, signal)
    } catch (error) {
      // An old or broken binary in one folder must not hide a good one in another.
      if (!(error instanceof NatsServerError)) throw error
      onProgress?.(`skipped: ${error.message}`)
    }
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** Folders where package managers install nats-server and which PATH often lacks. */
function usualPlaces(env: Readonly<Record<string, string | undefined>>): string[] {
  const home = env.HOME || env.USERPROFILE || homedir()
  if (process.platform === 'win32') {
    return [
      join(home, 'scoop', 'shims'),
      join(env.ProgramData ?? 'C:\\ProgramData', 'chocolatey', 'bin'),
      join(env.ProgramFiles ?? 'C:\\Program Files', 'nats-server'),
      join(home, 'go', 'bin'),
    ]
  }
  return [
    // Debian's package installs to /usr/sbin, which a user's PATH often lacks.
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/usr/bin',
    '/opt/homebrew/bin',
    '/home/linuxbrew/.linuxbrew/bin',
    '/snap/bin',
    join(home, '.local', 'bin'),
    join(home, 'bin'),
    join(home, 'go', 'bin'),
  ]
}
