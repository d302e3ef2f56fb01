import { AuthorizationError, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import type { BusError } from '../errors/bus-error.ts'

/**
 * Whether the connection is up, and listeners for its changes. The client never settles a request that was in
 * flight when the connection broke; without a listener it would wait for its timeout.
 */
export class Link {
  readonly #disconnect = new Set<() => void>()
  readonly #reconnect = new Set<() => void>()
  readonly #refused = new Set<(error: BusError) => void>()
  readonly #authFailed = new Set<(error: BusError) => void>()
  readonly #forbidden = new Set<(error: PermissionViolationError) => void>()
  readonly #refusedMs: number
  #up = true
  #isRefused = false
  #timer: NodeJS.Timeout | undefined
  #authError: BusError | undefined

  /**
   * @param explain makes the error that says why the server refuses the credentials
   * @param refusedMs how long the server must refuse the credentials before operations fail, milliseconds
   */
  constructor(connection: NatsConnection, explain: (error: Error) => BusError, refusedMs: number) {
    this.#refusedMs = refusedMs
    void this.#follow(connection, explain)
  }

  get up(): boolean {
    return this.#up
  }

  /** Breaks the connection and makes a new one. Resolves when it is up, or closed for good. */
  reconnect(connection: NatsConnection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const remove = this.onReconnect(resolve)
    // At once, so that nothing is sent into the connection that is about to break.
    this.#set(false)
    connection.reconnect()
    return Promise.race([promise, connection.closed().then(() => {})]).finally(remove)
  }

  /** Calls the listener when the connection breaks. @returns a function that removes the listener */
  onDisconnect(listener: () => void): () => void {
    this.#disconnect.add(listener)
    return () => this.#disconnect.delete(listener)
  }

  /** Calls the listener when the connection is up again. @returns a function that removes the listener */
  onReconnect(listener: () => void): () => void {
    this.#reconnect.add(listener)
    return () => this.#reconnect.delete(listener)
  }

  /**
   * Calls the listener when the server refuses the credentials: once, although the client retries until they are
   * renewed. @returns a function that removes the listener
   */
  onRefused(listener: (error: BusError) => void): () => void {
    this.#refused.add(listener)
    return () => this.#refused.delete(listener)
  }

  /**
   * Calls the listener when the server has refused the credentials for so long that pending operations must fail.
   * @returns a function that removes the listener
   */
  onAuthFailed(listener: (error: BusError) => void): () => void {
    this.#authFailed.add(listener)
    return () => this.#authFailed.delete(listener)
  }

  /** @throws BusError `bus-auth` as long as the credentials count as refused for good; the client still retries */
  throwIfAuthFailed(): void {
    if (this.#authError !== undefined) throw this.#authError
  }

  /**
   * Calls the listener when the server forbids a publish: the publisher gets no other sign of it.
   * @returns a function that removes the listener
   */
  onForbidden(listener: (error: PermissionViolationError) => void): () => void {
    this.#forbidden.add(listener)
    return () => this.#forbidden.delete(listener)
  }

  async #follow(connection: NatsConnection, explain: (error: Error) => BusError): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#set(false)
      else if (status.type === 'reconnect') this.#set(true)
      else if (status.type === 'error' && status.error instanceof AuthorizationError) {
        if (this.#isRefused) continue
        this.#isRefused = true
        const error = explain(status.error)
        for (const listener of [...this.#refused]) listener(error)
        this.#failLater(error)
      } else if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        if (status.error.operation !== 'publish') continue
        for (const listener of [...this.#forbidden]) listener(status.error)
      }
    }
    this.#set(false)
  }

  #set(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    if (up) this.#isRefused = false
    clearTimeout(this.#timer)
    this.#authError = undefined
    for (const listener of [...(up ? this.#reconnect : this.#disconnect)]) listener()
  }

  #failLater(error: BusError): void {
    if (this.#refusedMs === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => {
      this.#authError = error
      for (const listener of [...this.#authFailed]) listener(error)
    }, this.#refusedMs).unref() // The connection keeps the process alive as long as it retries.
  }
}
