import { ensureNatsServer } from '../binary/ensure-nats-server.ts'
import type { NatsServerBinary } from '../binary/inspect-binary.ts'
import { loadIdentity } from '../identity/identity.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { type DataLayout, dataLayout, isDataDir, openDataDir } from '../store/data-layout.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { adoptServer } from './adopt-server.ts'
import { launchServer } from './launch-server.ts'
import { type RunningNatsServer, runningServer } from './running-server.ts'
import type { ReadyServer, ServerRequest } from './server-address.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './server-config.ts'

export interface StartOptions {
  /** Holds keys, configuration, store and log. Created (0700) if it is missing. Serves one server at a time. */
  readonly dataDir: string
  /** The executable. Default: `ensureNatsServer` finds or fetches one, unless a server is adopted. */
  readonly binary?: NatsServerBinary
  /**
   * A fixed port, or 0 for any free port. Default: the port of the last start, otherwise 4222 or the next free
   * port. The port is remembered for the next start.
   */
  readonly port?: number
  /** Loopback only. */
  readonly host?: '127.0.0.1'
  /** Limits of a server that is started; an adopted server keeps its own. */
  readonly limits?: ServerLimits
  /** How long a server may take to answer; one that recovers a large store is slow. Default 60,000. */
  readonly startTimeoutMs?: number
  /** Receives lines for people, for example about a download or a due upgrade. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Starts a nats-server with JetStream on a data directory, or adopts the server that an earlier process left
 * running there. The directory is locked until `stop`, `release` or the exit of this process.
 *
 * The server outlives this process unless it is stopped. This is intended: the next process that starts on the
 * same directory adopts it, and its clients stay connected.
 *
 * @throws NatsServerError `store-locked` if another process is in charge of the directory, `port-taken`,
 * `start-failed` with the server's last lines, or the errors of `ensureNatsServer`
 * @example
 * ```ts
 * await using server = await startNatsServer({ dataDir: '.data/nats' })
 * const { creds } = await server.credentials({ name: 'worker', permissions: { publish: { allow: ['jobs.>'] } } })
 * ```
 */
export async function startNatsServer(options: StartOptions): Promise<RunningNatsServer> {
  options.signal?.throwIfAborted()
  const layout = await openDataDir(options.dataDir)
  return takeCharge(layout, options, async (request) => {
    const adopted = await adoptServer(request)
    if (adopted) return { ...adopted, adopted: true }
    const binary = options.binary ?? (await ensureNatsServer(options))
    return { ...(await launchServer(request, binary)), adopted: false }
  })
}

/** The options that adopting a server needs. */
export type AdoptOptions = Omit<StartOptions, 'binary' | 'limits' | 'onProgress'>

/**
 * Takes charge of the server that still runs on a data directory. Starts none and creates nothing.
 *
 * @returns undefined if no server runs
 * @throws NatsServerError as {@link startNatsServer} does
 * @example
 * ```ts
 * // Stops a server that a crashed process left running.
 * await (await adoptNatsServer({ dataDir: '.data/nats' }))?.stop()
 * ```
 */
export async function adoptNatsServer(options: AdoptOptions): Promise<RunningNatsServer | undefined> {
  options.signal?.throwIfAborted()
  const layout = dataLayout(options.dataDir)
  if (!(await isDataDir(layout))) return undefined
  return takeCharge(layout, options, async (request) => {
    const adopted = await adoptServer(request)
    return adopted && { ...adopted, adopted: true }
  })
}

/** Locks the data directory. The lock belongs to the server that `serve` returns, or is released if there is none. */
async function takeCharge<Served extends (ReadyServer & { adopted: boolean }) | undefined>(
  layout: DataLayout,
  options: AdoptOptions & Pick<StartOptions, 'limits'>,
  serve: (request: ServerRequest) => Promise<Served>,
): Promise<RunningNatsServer | Extract<Served, undefined>> {
  const { host = '127.0.0.1' } = options
  const lock = await tryLock(layout.lock)
  if ('heldBy' in lock) {
    throw new NatsServerError(
      'store-locked',
      `Expected an unused data directory, but process ${lock.heldBy.pid} is in charge of ${layout.dir}. ` +
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
