import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { binaryCacheDir, EXECUTABLE } from './cache-dir.ts'
import { fetchRelease } from './fetch-release.ts'
import { fetchWithApt } from './fetch-with-apt.ts'
import { type FindOptions, findNatsServer } from './find-nats-server.ts'
import { inspectBinary, type NatsServerBinary } from './inspect-binary.ts'
import { installCommand } from './install-command.ts'

export interface FetchOptions extends FindOptions {
  /** Where release archives come from, where apt cannot serve. Default: `NATS_SERVER_RELEASES`, or the project's own. */
  readonly releasesUrl?: string
}

/**
 * Fetches a nats-server into the cache: from the distribution through apt on Debian and Ubuntu, otherwise,
 * or where that fails, as the release archive of the platform. Two processes that want one at the same
 * time fetch it once.
 */
export async function fetchNatsServer(options: FetchOptions): Promise<NatsServerBinary> {
  const { signal } = options
  const cacheDir = binaryCacheDir(options)
  await mkdir(cacheDir, { recursive: true }).catch((cause: Error) => {
    throw new NatsServerError(
      'fetch-failed',
      `The cache directory ${cacheDir} cannot be made (${cause.message}). ` +
        'Name one that can be with XDG_CACHE_HOME, or a nats-server with NATS_SERVER_BIN.',
      { cause },
    )
  })
  while (true) {
    signal?.throwIfAborted()
    const lock = await tryLock(join(cacheDir, 'fetching'))
    if ('heldBy' in lock) {
      await delay(100)
      continue
    }
    await using _ = lock
    // Whoever held the lock before us may have put it there.
    return (await findNatsServer(options)) ?? (await fetchInto(cacheDir, options))
  }
}

const SCRATCH = '.fetch-'

/** What fetches that were killed left behind; the lock is ours, so none of it is in use. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(SCRATCH)) await rm(join(cacheDir, name), { recursive: true, force: true })
  }
}

async function fetchInto(cacheDir: string, options: FetchOptions): Promise<NatsServerBinary> {
  const { signal, onProgress } = options
  const failures: NatsServerError[] = []
  await removeLeftovers(cacheDir)
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
      // A wrong checksum is no reason to try elsewhere quietly: somebody should know.
      if (error.code === 'checksum-mismatch') throw error
      failures.push(error)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }
  throw new NatsServerError(
    'binary-not-found',
    `No nats-server was found on this machine, and none could be fetched:\n${failures
      .map((failure) => `  - ${failure.message}`)
      .join('\n')}\nInstall one:\n  ${await installCommand()}\nor name one with NATS_SERVER_BIN.`,
    { cause: failures.at(-1) },
  )
}
