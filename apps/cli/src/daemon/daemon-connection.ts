import { type Bus, requestRun } from '@bailiwick/bus'
import { BailiwickError } from '@bailiwick/contract'
import { type DaemonAddress, findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import { endLeftovers } from './end-leftovers.ts'
import { type SpawnedDaemon, type SpawnOptions, spawnDaemon } from './spawn-daemon.ts'
import { addressFromEnv, connectTo, explainSilence } from './use-daemon.ts'

/** How often the command restarts a daemon of its own that dies. */
const MAX_RESTARTS = 3

export type ConnectionOptions = Omit<SpawnOptions, 'lifeline' | 'ephemeral'>

/**
 * A connection to the daemon of a data directory. Starts a daemon for this command if none is running, and restarts it
 * if it dies: the next one adopts the living processes, and the runs go on.
 */
export class DaemonConnection implements AsyncDisposable {
  readonly #options: ConnectionOptions
  #daemon: SpawnedDaemon | undefined
  #bus: Bus
  #address: DaemonAddress
  #restarts = 0

  private constructor(options: ConnectionOptions, connected: Connected) {
    this.#options = options
    this.#daemon = connected.daemon
    this.#address = connected.address
    this.#bus = connected.bus
    this.#bus.waits.onWait(options.note)
  }

  static async open(options: ConnectionOptions): Promise<DaemonConnection> {
    const local = findDaemon(options.dataDir)
    const found =
      local === undefined ? await connectFromEnv(options) : { address: local, bus: await connectTo(local) }
    return new DaemonConnection(options, found ?? (await startDaemon(options)))
  }

  get bus(): Bus {
    return this.#bus
  }

  /**
   * Calls `act` with the connection. If the command's own daemon dies meanwhile, restarts it and calls `act` again.
   *
   * @param act gets the bus, a signal that aborts when the daemon dies, and the daemon's address
   * @throws BailiwickError `no-daemon` if someone ended the daemon, or if it died too often
   */
  async use<T>(act: (bus: Bus, died: AbortSignal, address: DaemonAddress) => Promise<T>): Promise<T> {
    for (;;) {
      const died = new AbortController()
      const end = Promise.withResolvers<never>()
      this.#daemon?.ended.then((inOrder) => {
        const error = new BailiwickError(
          'no-daemon',
          inOrder ? 'The daemon was ended from outside this command.' : 'The daemon died.',
        )
        died.abort(error)
        end.reject(error)
      })
      try {
        return await Promise.race([act(this.#bus, died.signal, this.#address), end.promise])
      } catch (error) {
        if (!died.signal.aborted || (await this.#daemon?.ended) === true || this.#restarts >= MAX_RESTARTS) {
          throw await explainSilence(error, this.#address)
        }
        this.#restarts += 1
        this.#options.note('The daemon died. Restarting it.')
        await this.#bus.close()
        const again = await startDaemon(this.#options)
        this.#daemon = again.daemon
        this.#address = again.address
        this.#bus = again.bus
        this.#bus.waits.onWait(this.#options.note)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus.close()
    if (this.#daemon === undefined) return
    await this.#daemon.stop()
    if (!(await this.#daemon.ended)) await endLeftovers(this.#options.dataDir)
  }
}

interface Connected {
  address: DaemonAddress
  bus: Bus
  daemon?: SpawnedDaemon
}

async function startDaemon(options: ConnectionOptions): Promise<Connected> {
  const daemon = await spawnDaemon({ ...options, lifeline: true, ephemeral: true })
  const { address } = daemon
  return { daemon, address, bus: await connectTo(address) }
}

/** Connects to the daemon behind `NATS_URL`, if one answers there. */
async function connectFromEnv({ env }: ConnectionOptions): Promise<Connected | undefined> {
  const address = await addressFromEnv(env)
  if (address === undefined) return undefined
  const bus = await connectTo(address)
  try {
    await requestRun(bus, 'status', {}, { waitMs: 2_000 })
    return { address, bus }
  } catch {
    // No daemon answers. The command starts one, which uses that server.
    await bus.close()
    return undefined
  }
}
