import { hostname } from 'node:os'
import { announceCoordinator, type Bus, type CoordinatorPresence, watchCoordinators } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'

export interface CoordinatorsOptions {
  bus: Bus
  /** This coordinator's id. */
  coordinator: string
  version: string
  /** After how many milliseconds of silence a coordinator counts as gone. Default 10,000. */
  goneMs?: number
  signal: AbortSignal
}

/** The coordinators that share the store, this one included. */
export class Coordinators implements AsyncDisposable {
  readonly #options: CoordinatorsOptions
  readonly #own: Omit<CoordinatorPresence, 'v' | 'at'>
  #announcement: AsyncDisposable | undefined
  #present: readonly CoordinatorPresence[] | undefined

  constructor(options: CoordinatorsOptions) {
    const { coordinator, version } = options
    this.#options = options
    this.#own = { coordinator, pid: process.pid, host: hostname(), version, startedAt: Date.now() }
  }

  /** The living coordinators, as far as they are known. */
  list(): readonly CoordinatorPresence[] {
    return this.#present ?? [{ v: 1, ...this.#own, at: Date.now() }]
  }

  /** Whether a coordinator is certainly not there. */
  isGone(coordinator: string): boolean {
    if (this.#present === undefined || coordinator === this.#own.coordinator) return false
    return !this.#present.some((one) => one.coordinator === coordinator)
  }

  /**
   * Announces this coordinator, and follows the others until aborted.
   *
   * @throws InputError if another process has the same id, because its data directory is a copy
   */
  async follow(): Promise<void> {
    const { bus, coordinator, goneMs, signal } = this.#options
    this.#announcement = await announceCoordinator(bus, this.#own)
    let announced = false
    for await (const present of watchCoordinators(bus, { ...(goneMs !== undefined && { goneMs }), signal })) {
      this.#present = present
      const own = present.find((one) => one.coordinator === coordinator)
      const isThis = own?.pid === this.#own.pid && own.startedAt === this.#own.startedAt
      // Before its first own heartbeat arrives, this is what an earlier process left.
      if (isThis) announced = true
      else if (announced && own !== undefined) throw sameId(own)
    }
  }

  /** Says that this coordinator shuts down. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#announcement?.[Symbol.asyncDispose]()
  }
}

function sameId({ coordinator, pid, host }: CoordinatorPresence): InputError {
  return new InputError(
    `Expected no other coordinator with the id ${coordinator}, found process ${pid} on ${host}: one of the two data directories is a copy. Delete the file "coordinator-id" in the copy, and start its daemon again.`,
  )
}
