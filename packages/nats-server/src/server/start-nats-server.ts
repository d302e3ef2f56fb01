import { ensureNatsServer } from '../binary/ensure-nats-server.ts'
import type { NatsServerBinary } from '../binary/inspect-binary.ts'
import { loadIdentity } from '../identity/identity.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { type DataLayout, dataLayout, isDataDir, openDataDir } from '../store/data-layout.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { adoptServer } from './adopt-server.ts'
import { launchServer } from './launch-server.ts'
import { type RunningNatsServer, runningServer } from './running-server.ts'
import type { ReadyServer, WantedServer } from './server-address.ts'
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
  /** Bounds of a server that is started; an adopted one keeps its own. */
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
  options.signal?.throwIfAborted()
  const layout = await openDataDir(options.dataDir)
  return takeCharge(layout, options, async (wanted) => {
    const adopted = await adoptServer(wanted)
    if (adopted) return { ...adopted, adopted: true }
    const binary = options.binary ?? (await ensureNatsServer(options))
    return { ...(await launchServer(wanted, binary)), adopted: false }
  })
}

/** Nothing but what adopting takes. */
export type AdoptOptions = Omit<StartOptions, 'binary' | 'limits' | 'onProgress'>

/**
 * Takes charge of the server that still runs on a data directory, and starts none.
 *
 * @returns undefined where none runs
 * @throws NatsServerError as {@link startNatsServer} does
 * @example
 * ```ts
 * // Ends what a crashed process left running.
 * await (await adoptNatsServer({ dataDir: '.data/nats' }))?.stop()
 * ```
 */
export async function adoptNatsServer(options: AdoptOptions): Promise<RunningNatsServer | undefined> {
  options.signal?.throwIfAborted()
  const layout = dataLayout(options.dataDir)
  if (!(await isDataDir(layout))) return undefined
  return takeCharge(layout, options, async (wanted) => {
    const adopted = await adoptServer(wanted)
    return adopted && { ...adopted, adopted: true }
  })
}

/** Locks the data directory; the lock passes to the server that `serve` comes back with, or is given up. */
async function takeCharge<Served extends (ReadyServer & { adopted: boolean }) | undefined>(
  layout: DataLayout,
  options: AdoptOptions & Pick<StartOptions, 'limits'>,
  serve: (wanted: WantedServer) => Promise<Served>,
): Promise<RunningNatsServer | Extract<Served, undefined>> {
  const { host = '127.0.0.1' } = options
  const lock = await tryLock(layout.lock)
  if ('heldBy' in lock) {
    throw new NatsServerError(
      'store-locked',
      `${layout.dir} is in use by process ${lock.heldBy.pid}: one data directory has one nats-server. ` +
        'Stop that process first, or use another directory.',
    )
  }
  try {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const identity = await loadIdentity(layout.keys, limits)
    const server = await serve({ layout, identity, host, options, limits })
    if (server) return await runningServer({ ...server, lock, layout, identity, host })
    await lock.release()
    return server as Extract<Served, undefined>
  } catch (error) {
    await lock.release()
    throw error
  }
}
