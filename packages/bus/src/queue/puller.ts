import { randomBytes } from 'node:crypto'
import { type Msg, nanos, type Subscription } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { inboxPrefix, STREAMS } from '../protocol/places.ts'
import { publishCore } from '../publish/publish-core.ts'
import { parseSettleSubject } from './settle-subject.ts'

/** A delivered message of the queue. */
export interface Pulled {
  subject: string
  data: string
  /** Number of deliveries of this message, this one included. */
  attempts: number
  /** The subject to settle the delivery on. */
  settleOn: string
}

interface Kept {
  pulled: Pulled
  timer: NodeJS.Timeout
}

/** How long a pull waits at the server, milliseconds. */
const EXPIRES_MS = 30_000
/** How often the server confirms that the pull waits, milliseconds. */
const HEARTBEAT_MS = 5_000

/**
 * How long a message that arrives while nobody waits is kept for the next wait, milliseconds. Another host may be free,
 * but each return counts as a delivery, and the slot for which it was pulled is usually free again soon.
 */
const KEEP_MS = 1_000

/**
 * Pulls one message at a time over one subscription. The client's own `fetch` subscribes for each pull, and a message
 * that arrives just after its end is lost until the acknowledgement time has passed. Here such a message is kept for the
 * next wait, and goes back if that does not begin soon.
 */
export class Puller implements AsyncDisposable {
  readonly #bus: Bus
  readonly #pull: string
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #removeListener: () => void
  #waiting: ((message: Pulled | undefined) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  /** A message that arrived while nobody waited. */
  #kept: Kept | undefined
  #isDisposed = false

  constructor(bus: Bus, agent: string) {
    this.#bus = bus
    this.#pull = `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.task}.${agent}`
    this.#inbox = `${inboxPrefix(bus.user ?? 'pull')}.${randomBytes(16).toString('base64url')}`
    this.#subscription = bus.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message)
      },
    })
    // After a reconnect the server has forgotten the pull.
    this.#removeListener = bus.link.onReconnect(() => this.#finish(undefined))
  }

  /** The next message; undefined if none came for a while, if the connection broke, or when aborted. */
  next(signal: AbortSignal): Promise<Pulled | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    const { connection, outbox } = this.#bus
    if (connection.isClosed() || connection.isDraining()) return aborted(signal)
    const kept = this.#takeKept()
    if (kept !== undefined) return Promise.resolve(kept)
    const stop = () => this.#finish(undefined)
    signal.addEventListener('abort', stop, { once: true })
    return new Promise<Pulled | undefined>((resolve) => {
      this.#waiting = (message) => {
        signal.removeEventListener('abort', stop)
        resolve(message)
      }
      const request = { batch: 1, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
      outbox.publish(this.#pull, JSON.stringify(request), { reply: this.#inbox })
      this.#watch()
    })
  }

  /** Ends the wait for a message. A message that arrives later is kept for the next wait, for a while. */
  giveUp(): void {
    this.#finish(undefined)
  }

  /** Also returns messages that are on their way: the server would count them as delivered for the acknowledgement time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#finish(undefined)
    this.#removeListener()
    this.#return()
    if (this.#subscription.isClosed()) return
    // It only fails if the connection broke. Then the server returns the messages.
    await this.#subscription.drain().catch(() => {})
  }

  #receive(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100) this.#watch()
    else if (code === 0 && message.reply !== undefined) this.#deliver(message, message.reply)
    else this.#pause(code)
  }

  #deliver(message: Msg, settleOn: string): void {
    const attempts = parseSettleSubject(settleOn)?.deliveries ?? 1
    const pulled = { subject: message.subject, data: message.string(), attempts, settleOn }
    if (this.#waiting !== undefined) {
      this.#finish(pulled)
      return
    }
    // A second one can only come from a pull that the server should have forgotten.
    this.#return()
    this.#kept = { pulled, timer: setTimeout(() => this.#return(), KEEP_MS) }
    if (this.#isDisposed) this.#return()
  }

  #takeKept(): Pulled | undefined {
    const kept = this.#kept
    this.#kept = undefined
    clearTimeout(kept?.timer)
    return kept?.pulled
  }

  /** Gives the kept message back to the server. */
  #return(): void {
    const kept = this.#takeKept()
    if (kept !== undefined) publishCore(this.#bus, kept.settleOn, '-NAK')
  }

  /** The pull has expired (408), or the server cannot serve it now. */
  #pause(code: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish(undefined), code === 408 ? 0 : 100)
  }

  /** Pulls again if the server sends nothing for too long. */
  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish(undefined), HEARTBEAT_MS * 2.5)
    this.#timer.unref()
  }

  #finish(message: Pulled | undefined): void {
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(message)
  }
}

/** On a connection that is closing, no message comes. Its end aborts the signal. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
