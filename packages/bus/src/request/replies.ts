import { randomUUID } from 'node:crypto'
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'

/**
 * One subscription for all answers to this process, however many each request gets. The connection's
 * own `request` takes one answer only, and draws its reply subjects from a counter that a receiver can
 * foresee: who is asked once could forge answers to the next requests.
 */
export class Replies {
  readonly #connection: NatsConnection
  readonly #waiting = new Map<string, (message: Msg) => void>()
  readonly #prefix: string
  #subscribed = false

  constructor(connection: NatsConnection, inbox: string | undefined) {
    this.#connection = connection
    this.#prefix = createInbox(inbox)
  }

  /** Opens a reply subject; `answer` hears all that arrives there until it is closed. */
  open(answer: (message: Msg) => void): { subject: string; close(): void } {
    this.#subscribe()
    const token = randomUUID()
    this.#waiting.set(token, answer)
    return { subject: `${this.#prefix}.${token}`, close: () => this.#waiting.delete(token) }
  }

  #subscribe(): void {
    if (this.#subscribed) return
    this.#subscribed = true
    this.#connection.subscribe(`${this.#prefix}.*`, {
      callback: (error, message) => {
        if (error !== null) return
        // A stored message can be had delivered here; then it bears the subject it was stored under.
        if (!message.subject.startsWith(`${this.#prefix}.`)) return
        this.#waiting.get(message.subject.slice(this.#prefix.length + 1))?.(message)
      },
    })
  }
}
