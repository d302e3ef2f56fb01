import { type Bus, requestRun } from '@bailiwick/bus'
import { BailiwickError } from '@bailiwick/contract'
import { type DaemonAddress, findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import { endLeftovers } from './end-leftovers.ts'
import { type SpawnedDaemon, type SpawnOptions, spawnDaemon } from './spawn-daemon.ts'
import { addressFromEnv, connectTo } from './use-daemon.ts'

/** How often a daemon of the command's own is started again when it dies. */
const RESTARTS = 3

export type ConnectionOptions = Omit<SpawnOptions, 'lifeline' | 'ephemeral'>

/**
 * A connection to the daemon of this folder; where none runs, one is started for the length of the command.
 * A daemon of one's own that dies is started again: it adopts what lives, and the runs go on.
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
  }

  static async open(options: ConnectionOptions): Promise<DaemonConnection> {
    const known = findDaemon(options.dataDir)
    const found =
      known === undefined ? await elsewhere(options) : { address: known, bus: await connectTo(known) }
    return new DaemonConnection(options, found ?? (await startOwn(options)))
  }

  get bus(): Bus {
    return this.#bus
  }

  /**
   * Does something with the connection; when the command's own daemon dies meanwhile, it is started again
   * and the thing done anew.
   *
   * @throws BailiwickError `no-daemon` where it was ended by somebody, or has died too often
   */
  async hold<T>(act: (bus: Bus, died: AbortSignal, address: DaemonAddress) => Promise<T>): Promise<T> {
    for (;;) {
      const died = new AbortController()
      const end = Promise.withResolvers<never>()
      this.#daemon?.ended.then((inOrder) => {
        const error = new BailiwickError(
          'no-daemon',
          inOrder ? 'the daemon was ended by somebody' : 'the daemon has died',
        )
        died.abort(error)
        end.reject(error)
      })
      try {
        return await Promise.race([act(this.#bus, died.signal, this.#address), end.promise])
      } catch (error) {
        if (!died.signal.aborted || (await this.#daemon?.ended) === true || this.#restarts >= RESTARTS)
          throw error
        this.#restarts += 1
        this.#options.note('the daemon has died; starting it again')
        await this.#bus.close()
        const again = await startOwn(this.#options)
        this.#daemon = again.daemon
        this.#address = again.address
        this.#bus = again.bus
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

async function startOwn(options: ConnectionOptions): Promise<Connected> {
  const daemon = await spawnDaemon({ ...options, lifeline: true, ephemeral: true })
  const { address } = daemon
  return { daemon, address, bus: await connectTo(address) }
}

/** The daemon behind `NATS_URL`, where one answers there. */
async function elsewhere({ env }: ConnectionOptions): Promise<Connected | undefined> {
  const address = await addressFromEnv(env)
  if (address === undefined) return undefined
  const bus = await connectTo(address)
  try {
    await requestRun(bus, 'status', {}, { waitMs: 2_000 })
    return { address, bus }
  } catch {
    // Nobody answers: a daemon is started, and uses that server.
    await bus.close()
    return undefined
  }
}
