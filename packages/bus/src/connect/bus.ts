import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Exchanges } from './exchanges.ts'
import type { FirstRecords } from './first-records.ts'
import type { HeldTasks } from './held-tasks.ts'
import type { Link } from './link.ts'
import type { Outbox } from './outbox.ts'
import type { Replies } from './replies.ts'

/** A connection to the bus: what every function of this package takes first. Disposing drains it. */
export interface Bus extends AsyncDisposable {
  readonly connection: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /** Who the server knows this connection as; undefined where it asks for no credentials. */
  readonly user: string | undefined
  /** Whether the connection is up right now. */
  readonly link: Link
  /** Questions and answers under way. */
  readonly exchanges: Exchanges
  /** Messages on their way from this process. */
  readonly outbox: Outbox
  /** Answers on their way to this process. */
  readonly replies: Replies
  /** Tasks that this process has taken and not yet settled; announced with its heartbeats. */
  readonly held: HeldTasks
  /** First messages of journals that this process has written, and of those that it was given. */
  readonly firsts: { readonly written: FirstRecords; readonly given: FirstRecords }
  /** Aborts when the connection is closed for good. */
  readonly closed: AbortSignal
  /** Lets what is under way finish, then closes. */
  drain(): Promise<void>
  /** Closes at once; what was not sent is lost. */
  close(): Promise<void>
}
