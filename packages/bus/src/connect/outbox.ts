import {
  ClosedConnectionError,
  DrainingConnectionError,
  type NatsConnection,
  type PublishOptions,
} from '@nats-io/transport-node'

/** Bytes that wait at most for the end of the turn. */
const FULL = 64 * 1024

interface Outgoing {
  subject: string
  payload: string | Uint8Array
  options: PublishOptions
  failed: ((error: unknown) => void) | undefined
}

/**
 * What is published in one turn of the event loop leaves in one write. The client writes after the first microtask
 * that published something, and where many tasks go on at once, each in promises of its own, that is a system call
 * for nearly every message, and a wakeup of the server for each.
 *
 * What the client sends by itself (subscriptions, requests of JetStream's API) goes at once, and so before what waits
 * here: `flush` first where such a request must see it.
 */
export class Outbox {
  readonly #connection: NatsConnection
  #waiting: Outgoing[] = []
  #bytes = 0

  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /**
   * Publishes at the end of this turn, in the order of the calls. Like everything that is published without an
   * acknowledgement it is lost, without a word, where the connection breaks.
   *
   * @param failed hears why the client did not take it; without it, an ended connection is no error
   * @throws ClosedConnectionError
   */
  publish(
    subject: string,
    payload: string | Uint8Array,
    options: PublishOptions = {},
    failed?: (error: unknown) => void,
  ): void {
    if (this.#connection.isClosed()) throw new ClosedConnectionError()
    if (this.#waiting.length === 0) process.nextTick(() => this.send())
    this.#waiting.push({ subject, payload, options, failed })
    this.#bytes += payload.length
    if (this.#bytes >= FULL) this.send()
  }

  /** Hands over to the connection what waits. */
  send(): void {
    const outgoing = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    for (const { subject, payload, options, failed } of outgoing) {
      try {
        this.#connection.publish(subject, payload, options)
      } catch (error) {
        if (failed !== undefined) failed(error)
        else if (!isEnded(error)) throw error
      }
    }
  }

  /** Resolves when the server has everything that was published before. */
  flush(): Promise<void> {
    this.send()
    return this.#connection.flush()
  }
}

function isEnded(error: unknown): boolean {
  return error instanceof ClosedConnectionError || error instanceof DrainingConnectionError
}
