import {
  ClosedConnectionError,
  DrainingConnectionError,
  type NatsConnection,
  type PublishOptions,
} from '@nats-io/transport-node'

/** Sends before the end of the turn if more bytes than this are waiting. */
const MAX_WAITING_BYTES = 64 * 1024

interface Outgoing {
  subject: string
  payload: string | Uint8Array
  options: PublishOptions
  failed: ((error: unknown) => void) | undefined
}

/**
 * Sends everything that is published in one turn of the event loop in one write. The client writes after the first
 * microtask that published something. With many concurrent tasks that is a system call for nearly every message, and
 * a wakeup of the server for each.
 *
 * The client's own messages (subscriptions, requests to the JetStream API) leave at once, so before the messages that
 * wait here. Call `flush` before a request that depends on them.
 */
export class Outbox {
  readonly #connection: NatsConnection
  #waiting: Outgoing[] = []
  #bytes = 0

  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /**
   * Publishes at the end of this turn, in the order of the calls. The message is silently lost if the connection
   * breaks, like everything that is published without an acknowledgement.
   *
   * @param failed is called if the client does not accept the message; without it, a closed connection is ignored
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
    if (this.#bytes >= MAX_WAITING_BYTES) this.send()
  }

  /** Gives the waiting messages to the connection now. */
  send(): void {
    const outgoing = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    for (const { subject, payload, options, failed } of outgoing) {
      try {
        this.#connection.publish(subject, payload, options)
      } catch (error) {
        if (failed !== undefined) failed(error)
        else if (!isClosing(error)) throw error
      }
    }
  }

  /** Resolves when the server has received everything that was published before. */
  flush(): Promise<void> {
    this.send()
    return this.#connection.flush()
  }
}

function isClosing(error: unknown): boolean {
  return error instanceof ClosedConnectionError || error instanceof DrainingConnectionError
}
