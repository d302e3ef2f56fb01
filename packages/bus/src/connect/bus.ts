import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Exchanges } from './exchanges.ts'
import type { FirstRecords } from './first-records.ts'
import type { HeldTasks } from './held-tasks.ts'
import type { Link } from './link.ts'
import type { Outbox } from './outbox.ts'
import type { Replies } from './replies.ts'
import type { Waits } from './waits.ts'

/** A connection to the bus: the first argument of every function in this package. Disposing drains it. */
export interface Bus extends AsyncDisposable {
  readonly connection: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /** The user that the server authenticated; undefined if the server asks for no credentials. */
  readonly user: string | undefined
  /** Whether this process reads and writes stored files directly: the toolbox and the coordinator. */
  readonly storesFiles: boolean
  /** Whether the connection is up. */
  readonly link: Link
  /** What operations wait for, for people. */
  readonly waits: Waits
  /** Requests in progress, in both directions. */
  readonly exchanges: Exchanges
  /** Messages that this process is about to send. */
  readonly outbox: Outbox
  /** Replies that this process waits for. */
  readonly replies: Replies
  /** Tasks that this process has taken and not yet settled. Heartbeats announce them. */
  readonly held: HeldTasks
  /** First messages of journals: those that this process wrote, and those that came with a bell. */
  readonly firsts: { readonly written: FirstRecords; readonly given: FirstRecords }
  /** Aborts when the connection is closed for good. */
  readonly closed: AbortSignal
  /** Finishes what is in progress, then closes. */
  drain(): Promise<void>
  /** Closes at once. Unsent messages are lost. */
  close(): Promise<void>
}
