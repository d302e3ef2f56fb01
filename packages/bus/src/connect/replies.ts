import { randomUUID } from 'node:crypto'
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type PermissionViolationError,
} from '@nats-io/transport-node'
import type { BusError } from '../errors/bus-error.ts'
import type { Link } from './link.ts'

/** A request that waits for replies. */
export interface PendingRequest {
  readonly subject: string
  /** Gets every reply until the request is closed. */
  reply(message: Msg): void
  /** The server does not allow publishing on the subject. */
  forbidden(error: PermissionViolationError): void
  /** The connection broke: replies that were in flight are lost. */
  disconnected?(): void
  /** The connection is up again. */
  reconnected?(): void
  /** The server has refused the credentials for so long that the request must fail. */
  authFailed?(error: BusError): void
}

/**
 * One subscription for the replies to all requests of this process, with any number of replies per request. The
 * client's own `request` takes one reply only, and takes its reply subjects from a counter: a receiver of one request
 * could guess the next subjects and forge replies there.
 */
export class Replies {
  readonly #connection: NatsConnection
  readonly #pending = new Map<string, PendingRequest>()
  readonly #prefix: string
  #subscribed = false

  constructor(connection: NatsConnection, link: Link, inbox: string | undefined) {
    this.#connection = connection
    this.#prefix = `${createInbox(inbox)}.`
    link.onDisconnect(() => {
      for (const request of this.#all()) request.disconnected?.()
    })
    link.onReconnect(() => {
      for (const request of this.#all()) request.reconnected?.()
    })
    link.onAuthFailed((error) => {
      for (const request of this.#all()) request.authFailed?.(error)
    })
    link.onForbidden((error) => {
      for (const request of this.#all()) if (request.subject === error.subject) request.forbidden(error)
    })
  }

  /** Opens a reply subject for a request, until it is closed. */
  open(request: PendingRequest): { subject: string; close(): void } {
    this.#subscribe()
    const token = randomUUID()
    this.#pending.set(token, request)
    return { subject: this.#prefix + token, close: () => this.#pending.delete(token) }
  }

  /** A copy, because a request that is told something may close. */
  #all(): PendingRequest[] {
    return [...this.#pending.values()]
  }

  #subscribe(): void {
    if (this.#subscribed) return
    this.#subscribed = true
    this.#connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (error !== null) return
        // Any user can have a stored message delivered here. It keeps the subject that it was stored under.
        if (!message.subject.startsWith(this.#prefix)) return
        this.#pending.get(message.subject.slice(this.#prefix.length))?.reply(message)
      },
    })
  }
}
