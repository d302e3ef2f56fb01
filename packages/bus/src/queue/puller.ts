import { randomBytes } from 'node:crypto'
import { type Msg, nanos } from '@nats-io/transport-node'
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

/** How long a pull waits at the server, milliseconds. */
const EXPIRES_MS = 30_000
/** How often the server confirms that the pull waits, milliseconds. */
const HEARTBEAT_MS = 5_000

/**
 * Pulls one message at a time over one subscription. The client's own `fetch` subscribes for each pull, and a message
 * that arrives just after its end is lost until the acknowledgement time has passed. Here such a message goes back at
 * once.
 */
export class Puller implements Disposable {
  readonly #bus: Bus
  readonly #pull: string
  readonly #inbox: string
  readonly #undo: (() => void)[]
  #waiting: ((message: Pulled | undefined) => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(bus: Bus, agent: string) {
    this.#bus = bus
    this.#pull = `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.task}.${agent}`
    this.#inbox = `${inboxPrefix(bus.user ?? 'pull')}.${randomBytes(16).toString('base64url')}`
    const subscription = bus.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message)
      },
    })
    // After a reconnect the server has forgotten the pull.
    this.#undo = [bus.link.onReconnect(() => this.#finish(undefined)), () => subscription.unsubscribe()]
  }

  /** The next message; undefined if none came for a while, if the connection broke, or when aborted. */
  next(signal: AbortSignal): Promise<Pulled | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    const { connection, outbox } = this.#bus
    if (connection.isClosed() || connection.isDraining()) return aborted(signal)
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

  /** Ends the wait for a message. A message that arrives later goes back at once. */
  giveUp(): void {
    this.#finish(undefined)
  }

  [Symbol.dispose](): void {
    this.#finish(undefined)
    if (!this.#bus.connection.isClosed()) for (const undo of this.#undo) undo()
  }

  #receive(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100) this.#watch()
    else if (code === 0 && message.reply !== undefined) this.#deliver(message, message.reply)
    else this.#pause(code)
  }

  #deliver(message: Msg, settleOn: string): void {
    const { subject } = message
    if (this.#waiting === undefined) publishCore(this.#bus, settleOn, '-NAK')
    else
      this.#finish({
        subject,
        data: message.string(),
        attempts: parseSettleSubject(settleOn)?.deliveries ?? 1,
        settleOn,
      })
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
