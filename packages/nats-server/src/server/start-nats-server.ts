import { resolve } from 'node:path'
import { ensureNatsServer } from '../binary/ensure-nats-server.ts'
import type { NatsServerBinary } from '../binary/server-binary.ts'
import { loadIdentity } from '../identity/identity.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { openDataDir } from '../store/data-layout.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { adoptServer } from './adopt-server.ts'
import { launchServer } from './launch-server.ts'
import { type RunningNatsServer, runningServer } from './running-server.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './server-config.ts'

export interface StartOptions {
  /** Keys, configuration, store and log live here; made (0700) where it is missing. One server at a time. */
  readonly dataDir: string
  /** The executable; default: what `ensureNatsServer` finds or fetches. Not asked for where a server is adopted. */
  readonly binary?: NatsServerBinary
  /**
   * A fixed port: an error where it is taken. 0: whichever is free.
   * Nothing given: the port of the last start, or 4222 or the next free one. Both are remembered.
   */
  readonly port?: number
  /** Loopback only. */
  readonly host?: '127.0.0.1'
  readonly limits?: ServerLimits
  /** How long a server may take until it answers; one that recovers a large store takes a while. Default 60 s. */
  readonly startTimeoutMs?: number
  /** Lines for a person: what is fetched, what should be upgraded. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Starts a nats-server with JetStream on a data directory, or adopts the one that a process before
 * left running there. The directory is locked until `stop`, `release`, or the end of this process.
 *
 * The server outlives this process unless it is stopped. That is meant: whoever starts next on the same
 * directory adopts it, and nothing connected to it notices.
 *
 * @throws NatsServerError `store-locked` where another process is in charge of the directory, `port-taken`,
 * `start-failed` with the server's own last lines, or what `ensureNatsServer` throws
 * @example
 * ```ts
 * await using server = await startNatsServer({ dataDir: '.data/nats' })
 * const { creds } = await server.credentials({ name: 'worker', permissions: { publish: { allow: ['jobs.>'] } } })
 * ```
 */
export async function startNatsServer(options: StartOptions): Promise<RunningNatsServer> {
  const { dataDir, signal, host = '127.0.0.1' } = options
  signal?.throwIfAborted()
  const layout = await openDataDir(dataDir)
  const lock = await tryLock(layout.lock)
  if ('heldBy' in lock) {
    throw new NatsServerError(
      'store-locked',
      `${resolve(dataDir)} is in use by process ${lock.heldBy.pid}: one data directory has one nats-server. ` +
        'Stop that process first, or use another directory.',
    )
  }
  try {
    const identity = await loadIdentity(layout.keys)
    const wanted = { layout, identity, host, options, limits: { ...DEFAULT_LIMITS, ...options.limits } }
    const found = await adoptServer(wanted)
    const server = found ?? (await launchServer(wanted, options.binary ?? (await ensureNatsServer(options))))
    return runningServer({ ...server, adopted: found !== undefined, lock, layout, identity, host })
  } catch (error) {
    await lock.release()
    throw error
  }
}
