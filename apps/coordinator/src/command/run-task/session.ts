import type { Bus } from '@bailiwick/bus'
import { type DaemonAddress, findDaemon } from '../../config/daemon-address.ts'
import { type SpawnedDaemon, type SpawnOptions, spawnDaemon } from '../daemon/spawn-daemon.ts'
import { connectTo } from '../daemon/use-daemon.ts'

/** How often a daemon of the command's own is started again when it dies. */
const RESTARTS = 3

/**
 * A connection to the daemon of this folder; where none runs, one is started for the length of the command.
 * A daemon of one's own that dies is started again: it adopts what lives, and the runs go on.
 */
export class Session implements AsyncDisposable {
  readonly #options: SpawnOptions
  #daemon: SpawnedDaemon | undefined
  #bus: Bus | undefined
  #address: DaemonAddress | undefined
  #restarts = 0
  #closing = false

  constructor(options: SpawnOptions) {
    this.#options = options
  }

  static async open(options: SpawnOptions): Promise<Session> {
    const session = new Session(options)
    const known = findDaemon(options.dataDir)
    if (known === undefined) await session.#start()
    else await session.#connect(known)
    return session
  }

  get bus(): Bus {
    if (this.#bus === undefined) throw new Error('the session is closed')
    return this.#bus
  }

  get address(): DaemonAddress {
    if (this.#address === undefined) throw new Error('the session is closed')
    return this.#address
  }

  /** Whether the daemon lives for this command alone. */
  get own(): boolean {
    return this.#daemon !== undefined
  }

  /**
   * Does something with the connection; when the command's own daemon dies meanwhile, it is started again
   * and the thing done anew.
   */
  async hold<T>(act: (bus: Bus, died: AbortSignal, address: DaemonAddress) => Promise<T>): Promise<T> {
    for (;;) {
      const died = new AbortController()
      const daemon = this.#daemon
      const gone = daemon?.ended.then(() => died.abort(new DaemonDied())) ?? new Promise<never>(() => {})
      try {
        return await Promise.race([
          act(this.bus, died.signal, this.address),
          gone.then((): never => {
            throw new DaemonDied()
          }),
        ])
      } catch (error) {
        if (!died.signal.aborted || this.#closing) throw error
        if (this.#restarts >= RESTARTS) throw error
        this.#restarts += 1
        this.#options.note('the daemon has died; starting it again')
        await this.#bus?.close()
        await this.#start()
      }
    }
  }

  async #start(): Promise<void> {
    this.#daemon = await spawnDaemon(this.#options)
    await this.#connect(this.#daemon.address)
  }

  async #connect(address: DaemonAddress): Promise<void> {
    this.#address = address
    this.#bus = await connectTo(address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    await this.#bus?.close()
    this.#bus = undefined
    await this.#daemon?.stop()
  }
}

class DaemonDied extends Error {
  readonly code = 'daemon'

  constructor() {
    super('the daemon has died again and again; its log is in .bailiwick/logs/daemon.log')
    this.name = 'DaemonDied'
  }
}
