import { AuthorizationError, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import type { BusError } from '../errors/bus-error.ts'

/**
 * Whether the connection is up, and who wants to know when it is not. Requests that were in flight when
 * it broke are never answered: without this they would wait for their timeout.
 */
export class Link {
  readonly #lost = new Set<() => void>()
  readonly #back = new Set<() => void>()
  readonly #refused = new Set<(error: BusError) => void>()
  readonly #shutOut = new Set<(error: BusError) => void>()
  readonly #forbidden = new Set<(error: PermissionViolationError) => void>()
  readonly #refusedMs: number
  #up = true
  #isRefused = false
  #patience: NodeJS.Timeout | undefined
  #shutOutBy: BusError | undefined

  /**
   * @param refused makes the error that says why the server takes these credentials no more
   * @param refusedMs how long they are refused before it counts as for good, ms
   */
  constructor(connection: NatsConnection, refused: (error: Error) => BusError, refusedMs: number) {
    this.#refusedMs = refusedMs
    this.#follow(connection, refused)
  }

  get up(): boolean {
    return this.#up
  }

  /** Breaks the connection and makes it anew. Resolves when it stands again, or is closed for good. */
  again(connection: NatsConnection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const forget = this.onBack(resolve)
    // At once: nothing may be sent into the one that is about to break.
    this.#turn(false)
    connection.reconnect()
    return Promise.race([promise, connection.closed().then(() => {})]).finally(forget)
  }

  /** Calls back when the connection breaks, until the returned function is called. */
  onLost(listener: () => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }

  /** Calls back when the connection stands again, until the returned function is called. */
  onBack(listener: () => void): () => void {
    this.#back.add(listener)
    return () => this.#back.delete(listener)
  }

  /**
   * Calls back when the server takes the credentials no more: once, though it is tried again until they are
   * renewed. Until the returned function is called.
   */
  onRefused(listener: (error: BusError) => void): () => void {
    this.#refused.add(listener)
    return () => this.#refused.delete(listener)
  }

  /**
   * Calls back when the credentials have been refused for so long that nobody is to wait for it any more. Until the
   * returned function is called.
   */
  onShutOut(listener: (error: BusError) => void): () => void {
    this.#shutOut.add(listener)
    return () => this.#shutOut.delete(listener)
  }

  /** @throws BusError `bus-auth` while it is so; it is tried again all the same. */
  throwIfShutOut(): void {
    if (this.#shutOutBy !== undefined) throw this.#shutOutBy
  }

  /** Calls back when the server refuses a publish, which nothing else tells the publisher. */
  onForbidden(listener: (error: PermissionViolationError) => void): () => void {
    this.#forbidden.add(listener)
    return () => this.#forbidden.delete(listener)
  }

  async #follow(connection: NatsConnection, refused: (error: Error) => BusError): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#turn(false)
      else if (status.type === 'reconnect') this.#turn(true)
      else if (status.type === 'error' && status.error instanceof AuthorizationError) {
        if (this.#isRefused) continue
        this.#isRefused = true
        const error = refused(status.error)
        for (const listener of [...this.#refused]) listener(error)
        this.#beShutOutBy(error)
      } else if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        if (status.error.operation !== 'publish') continue
        for (const listener of [...this.#forbidden]) listener(status.error)
      }
    }
    this.#turn(false)
  }

  #turn(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    if (up) this.#isRefused = false
    clearTimeout(this.#patience)
    this.#shutOutBy = undefined
    for (const listener of [...(up ? this.#back : this.#lost)]) listener()
  }

  #beShutOutBy(error: BusError): void {
    if (this.#refusedMs === Number.POSITIVE_INFINITY) return
    this.#patience = setTimeout(() => {
      this.#shutOutBy = error
      for (const listener of [...this.#shutOut]) listener(error)
    }, this.#refusedMs).unref() // The connection itself holds the process for as long as it is tried again.
  }
}
