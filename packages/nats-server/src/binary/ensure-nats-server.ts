import { randomUUID } from 'node:crypto'
import { access, chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { binaryCacheDir, EXECUTABLE } from './cache-dir.ts'
import { fetchRelease } from './fetch-release.ts'
import { fetchWithApt } from './fetch-with-apt.ts'
import { type FindOptions, findNatsServer } from './find-nats-server.ts'
import { inspectBinary, type NatsServerBinary } from './inspect-binary.ts'
import type { PinnedRelease } from './pinned-release.ts'

export interface EnsureOptions extends FindOptions {
  /** Where release archives come from if apt cannot provide one. Default: `NATS_SERVER_RELEASES`, or GitHub. */
  readonly releasesUrl?: string
  /** The release to fetch from there, with the digests of its archives. Default: one that is pinned in the source. */
  readonly release?: PinnedRelease
}

/**
 * Finds a nats-server as {@link findNatsServer} does, or fetches one into the cache: with apt on Debian and Ubuntu,
 * otherwise, or if that fails, as the platform's release archive. Processes that need one at the same time wait for
 * one fetch.
 *
 * @throws NatsServerError `binary-not-found`, whose message lists the attempts and the command that installs
 * nats-server; `checksum-mismatch`; `fetch-failed` if the cache directory cannot be created
 * @example
 * ```ts
 * const binary = await ensureNatsServer({ onProgress: (line) => console.error(line) })
 * ```
 */
export async function ensureNatsServer(options: EnsureOptions = {}): Promise<NatsServerBinary> {
  const binary = (await findNatsServer(options)) ?? (await fetchNatsServer(options))
  if (binary.warning) options.onProgress?.(binary.warning)
  return binary
}

const POLL_MS = 100

async function fetchNatsServer(options: EnsureOptions): Promise<NatsServerBinary> {
  const { signal, onProgress } = options
  const cacheDir = binaryCacheDir(options)
  await mkdir(cacheDir, { recursive: true }).catch((cause: Error) => {
    throw new NatsServerError(
      'fetch-failed',
      `Cannot create the cache directory ${cacheDir} (${cause.message}). ` +
        'Set XDG_CACHE_HOME to a writable directory, or NATS_SERVER_BIN to a nats-server.',
      { cause },
    )
  })
  for (let isWaiting = false; ; isWaiting = true) {
    signal?.throwIfAborted()
    const lock = await tryLock(join(cacheDir, 'fetching'))
    if ('heldBy' in lock) {
      if (!isWaiting) onProgress?.(`process ${lock.heldBy.pid} is fetching nats-server; waiting for it`)
      await sleep(POLL_MS)
      continue
    }
    await using _ = lock
    // The previous holder of the lock may have fetched it.
    return (await findNatsServer(options)) ?? (await fetchInto(cacheDir, options))
  }
}

const SCRATCH = '.fetch-'

async function fetchInto(cacheDir: string, options: EnsureOptions): Promise<NatsServerBinary> {
  const { signal, onProgress } = options
  const failures: NatsServerError[] = []
  await removeScratch(cacheDir)
  for (const fetch of [fetchWithApt, fetchRelease]) {
    const scratch = join(cacheDir, `${SCRATCH}${randomUUID()}`)
    await mkdir(scratch)
    try {
      const executable = await fetch(scratch, options)
      await chmod(executable, 0o755)
      const { version } = await inspectBinary(executable, 'cache', signal)
      const path = join(cacheDir, version, EXECUTABLE)
      await mkdir(join(cacheDir, version), { recursive: true })
      await rename(executable, path)
      onProgress?.(`nats-server ${version} is in ${path}`)
      return await inspectBinary(path, 'cache', signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof NatsServerError)) throw error
      // Report a wrong checksum instead of trying another source: it may be an attack.
      if (error.code === 'checksum-mismatch') throw error
      failures.push(error)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }
  throw new NatsServerError(
    'binary-not-found',
    `Expected nats-server on this machine, found none, and could not fetch one:\n${failures
      .map((failure) => `  - ${failure.message}`)
      .join('\n')}\nInstall it:\n  ${await installCommand()}\nor set NATS_SERVER_BIN to an executable.`,
    { cause: failures.at(-1) },
  )
}

/** Removes the folders of killed fetches. This process holds the lock, so none is in use. */
async function removeScratch(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(SCRATCH)) await rm(join(cacheDir, name), { recursive: true, force: true })
  }
}

/** The command with which a person installs nats-server on this platform. */
async function installCommand(): Promise<string> {
  if (process.platform === 'darwin') return 'brew install nats-server'
  if (process.platform === 'win32') return 'scoop install main/nats-server'
  const hasApt = await access('/usr/bin/apt-get').then(
    () => true,
    () => false,
  )
  return hasApt
    ? 'sudo apt-get install nats-server'
    : 'curl -fsSL https://binaries.nats.dev/nats-io/nats-server/v2@latest | sh'
}
