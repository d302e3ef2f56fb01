import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'

/**
 * Whether the connection is up, and who wants to know when it is not. Requests that were in flight when
 * it broke are never answered: without this they would wait for their timeout.
 */
export class Link {
  readonly #lost = new Set<() => void>()
  readonly #back = new Set<() => void>()
  readonly #forbidden = new Set<(error: PermissionViolationError) => void>()
  #up = true

  constructor(connection: NatsConnection) {
    this.#follow(connection)
  }

  get up(): boolean {
    return this.#up
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

  /** Calls back when the server refuses a publish, which nothing else tells the publisher. */
  onForbidden(listener: (error: PermissionViolationError) => void): () => void {
    this.#forbidden.add(listener)
    return () => this.#forbidden.delete(listener)
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#turn(false)
      else if (status.type === 'reconnect') this.#turn(true)
      else if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        if (status.error.operation !== 'publish') continue
        for (const listener of [...this.#forbidden]) listener(status.error)
      }
    }
    this.#turn(false)
  }

  #turn(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    for (const listener of [...(up ? this.#back : this.#lost)]) listener()
  }
}
