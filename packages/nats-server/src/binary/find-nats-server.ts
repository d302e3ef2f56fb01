import { access, constants, readdir, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { NatsServerError } from '../nats-server-error.ts'
import { binaryCacheDir, type CacheOptions, EXECUTABLE } from './cache-dir.ts'
import { compareVersions, inspectBinary, type NatsServerBinary } from './inspect-binary.ts'
import { usualPlaces } from './usual-places.ts'

export interface FindOptions extends CacheOptions {
  /** Folders to look in after `PATH`; default: where the platform's packages put it. */
  readonly places?: readonly string[]
  /** Lines for a person: what is passed over, fetched, or should be upgraded. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Looks for a nats-server of 2.9 or newer, in this order: `NATS_SERVER_BIN`, the user's cache directory
 * (the newest there), `PATH`, the places where packages put it. Nothing is fetched.
 *
 * @returns undefined where there is none
 * @throws NatsServerError `binary-unusable` or `binary-too-old`, only for `NATS_SERVER_BIN`: what somebody
 * named is used or refused, never passed over
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
  // A binary is renamed into the cache after it was run once, so its folder's name is its version.
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
      // One that happens to lie about and is too old or broken is no reason not to look further.
      if (!(error instanceof NatsServerError)) throw error
      onProgress?.(`passed over: ${error.message}`)
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
