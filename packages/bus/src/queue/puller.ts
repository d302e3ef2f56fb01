import { randomBytes } from 'node:crypto'
import { type Msg, nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { inboxPrefix, STREAMS } from '../protocol/places.ts'
import { publishCore } from '../publish/publish-core.ts'
import { parseSettleSubject } from './settle-subject.ts'

/** A message of the work queue, as it was delivered. */
export interface Pulled {
  subject: string
  data: string
  /** How often this message has been delivered, this time included. */
  attempts: number
  /** The subject on which the delivery is settled. */
  settleOn: string
}

/** Milliseconds for which a pull waits at the server, and how often the server says that it still does. */
const EXPIRES = 30_000
const HEARTBEAT = 5_000

/**
 * Pulls one message at a time, over one subscription. The client's own `fetch` subscribes anew for each
 * pull, and a message that crosses its end is lost until the acknowledgement time has gone by: here it
 * goes back at once.
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
        if (error === null) this.#hear(message)
      },
    })
    // A server that comes back has forgotten who was waiting.
    this.#undo = [bus.link.onBack(() => this.#finish(undefined)), () => subscription.unsubscribe()]
  }

  /** The next message; undefined after a while, after a break of the connection, or when aborted. */
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
      const request = { batch: 1, expires: nanos(EXPIRES), idle_heartbeat: nanos(HEARTBEAT) }
      outbox.publish(this.#pull, JSON.stringify(request), { reply: this.#inbox })
      this.#watch()
    })
  }

  /** Ends the wait for a message; one that comes all the same goes back at once. */
  giveUp(): void {
    this.#finish(undefined)
  }

  [Symbol.dispose](): void {
    this.#finish(undefined)
    if (!this.#bus.connection.isClosed()) for (const undo of this.#undo) undo()
  }

  #hear(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100) this.#watch()
    else if (code === 0 && message.reply !== undefined) this.#give(message, message.reply)
    else this.#pause(code)
  }

  #give(message: Msg, settleOn: string): void {
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

  /** The pull has expired (408), or cannot be served right now. */
  #pause(code: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish(undefined), code === 408 ? 0 : 100)
  }

  /** Asks again when the server has been silent for too long. */
  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish(undefined), HEARTBEAT * 2.5)
    this.#timer.unref()
  }

  #finish(message: Pulled | undefined): void {
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(message)
  }
}

/** On a connection that is ending nothing comes any more: its end aborts the signal. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
