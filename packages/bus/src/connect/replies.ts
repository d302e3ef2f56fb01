import { randomUUID } from 'node:crypto'
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type PermissionViolationError,
} from '@nats-io/transport-node'
import type { BusError } from '../errors/bus-error.ts'
import type { Link } from './link.ts'

/** Who asked on a subject, and what may come of it. */
export interface Asking {
  readonly subject: string
  /** Hears all that arrives for it until it is closed. */
  reply(message: Msg): void
  /** The server does not allow to publish there. */
  forbidden(error: PermissionViolationError): void
  /** The connection has broken: what was answered since is lost. */
  lost?(): void
  /** It stands again. */
  back?(): void
  /** The credentials have been refused for so long that nobody is to wait for it. */
  shutOut?(error: BusError): void
}

/**
 * One subscription for all answers to this process, however many each request gets. The connection's
 * own `request` takes one answer only, and draws its reply subjects from a counter that a receiver can
 * foresee: who is asked once could forge answers to the next requests.
 */
export class Replies {
  readonly #connection: NatsConnection
  readonly #waiting = new Map<string, Asking>()
  readonly #prefix: string
  #subscribed = false

  constructor(connection: NatsConnection, link: Link, inbox: string | undefined) {
    this.#connection = connection
    this.#prefix = `${createInbox(inbox)}.`
    link.onLost(() => {
      for (const asking of [...this.#waiting.values()]) asking.lost?.()
    })
    link.onBack(() => {
      for (const asking of [...this.#waiting.values()]) asking.back?.()
    })
    link.onShutOut((error) => {
      for (const asking of [...this.#waiting.values()]) asking.shutOut?.(error)
    })
    link.onForbidden((error) => {
      for (const asking of [...this.#waiting.values()]) {
        if (asking.subject === error.subject) asking.forbidden(error)
      }
    })
  }

  /** Opens a reply subject, until it is closed. */
  open(asking: Asking): { subject: string; close(): void } {
    this.#subscribe()
    const token = randomUUID()
    this.#waiting.set(token, asking)
    return { subject: this.#prefix + token, close: () => this.#waiting.delete(token) }
  }

  #subscribe(): void {
    if (this.#subscribed) return
    this.#subscribed = true
    this.#connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (error !== null) return
        // A stored message can be had delivered here; then it bears the subject it was stored under.
        if (!message.subject.startsWith(this.#prefix)) return
        this.#waiting.get(message.subject.slice(this.#prefix.length))?.reply(message)
      },
    })
  }
}
