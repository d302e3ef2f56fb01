import { parseJson } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { toWireError } from '../errors/wire-error.ts'
import type { Spilled } from '../protocol/journal-message.ts'
import { INBOX } from '../protocol/places.ts'
import { untilUp } from '../publish/persist.ts'
import { publishCore } from '../publish/publish-core.ts'
import type { RateLimit } from './rate-limit.ts'
import { subscribeLimited } from './subscribe-limited.ts'

/** Options of {@link serve}. */
export interface ServeOptions<S extends z.ZodType> {
  /** May contain wildcards. */
  subject: string
  /** Processes with the same queue group share the requests. */
  queue?: string
  schema: S
  /** The value of a request's message, which `schema` parses. Default: its JSON. */
  decode?(message: Msg): unknown
  /** Drops requests of a sender that sends too many. */
  rateLimit?: RateLimit
  /** Accepts so many requests per second; {@link subscribeLimited} has the details. */
  perSecond?: number
  /** Called each second in which requests are dropped because of `perSecond`. */
  exceeded?(): void
  /** Returns the reply's value. Errors that it throws are sent as the reply. */
  handle(request: z.output<S>, message: Msg): Promise<unknown>
  /** Stores a reply that is too large for a message. Without it, such a reply is an error. */
  spill?(text: string, message: Msg): Promise<Spilled>
  /** The reply to send. Default: the JSON of `{ ok: true, value }`. */
  encode?(value: unknown): string | Uint8Array
}

/**
 * Serves requests until disposed. Disposing finishes requests in progress first.
 *
 * Drops a request without a reply if its subject does not match the served one, or its reply subject is no inbox. A
 * user can have a stored message delivered to a served subject, and a reply to a subject of the sender's choice would
 * be published with this process's permissions.
 */
export async function serve<S extends z.ZodType>(
  bus: Bus,
  options: ServeOptions<S>,
): Promise<AsyncDisposable> {
  const { subject, queue, schema, handle, encode = encodeValue, spill } = options
  const { decode = (message) => parseJson(message.string()) } = options
  const isServed = matcher(subject)
  const inProgress = new Set<Promise<void>>()
  const { perSecond = Number.POSITIVE_INFINITY, exceeded } = options
  const take = (message: Msg) => {
    if (!isServed(message.subject) || !isInbox(message.reply)) return
    if (options.rateLimit?.accept(message.subject) === false) return
    const end = bus.exchanges.begin()
    const work = reply(message).finally(() => {
      inProgress.delete(work)
      end()
    })
    inProgress.add(work)
  }
  const listen = () =>
    subscribeLimited(bus.connection, subject, {
      perSecond,
      take,
      ...(queue !== undefined && { queue }),
      ...(exceeded && { exceeded }),
    })
  let subscription = listen()
  const leave = bus.exchanges.serve({
    pause() {
      // Drain instead of unsubscribe, which would drop requests in flight. It only fails if the connection broke.
      subscription.drain().catch(() => {})
    },
    resume: () => {
      if (!bus.connection.isClosed() && !bus.connection.isDraining()) subscription = listen()
    },
  })
  await bus.outbox.flush()

  async function reply(message: Msg): Promise<void> {
    let text: string | Uint8Array
    try {
      const value = await handle(schema.parse(decode(message)), message)
      text = encode(value)
      if (isTooLarge(bus, text))
        text = await encodeLarge(bus, text, spill && (() => spill(JSON.stringify(value), message)))
    } catch (error) {
      text = JSON.stringify({ ok: false, error: toWireError(error) })
    }
    if (message.reply === undefined) return
    // A message that is sent while the connection is down is silently lost.
    if (!bus.link.up) await untilUp(bus, undefined, 0).catch(() => {}) // Closed for good: the reply is lost.
    publishCore(bus, message.reply, text)
  }

  return {
    async [Symbol.asyncDispose]() {
      leave()
      await subscription.drain()
      await Promise.all(inProgress)
    },
  }
}

function encodeValue(value: unknown): string {
  return JSON.stringify({ ok: true, value })
}

function isTooLarge(bus: Bus, text: string | Uint8Array): boolean {
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  return text.length * 3 > limit && Buffer.byteLength(text) > limit
}

/** The text of a reply that says where its value is stored. @throws BusError `too-large` without `store` */
async function encodeLarge(
  bus: Bus,
  text: string | Uint8Array,
  store: (() => Promise<Spilled>) | undefined,
): Promise<string> {
  if (store !== undefined) return JSON.stringify({ ok: true, spilled: await store() })
  const { max_payload } = bus.connection.info ?? {}
  throw new BusError(
    'too-large',
    `The reply has ${Buffer.byteLength(text)} bytes. The server accepts messages of up to ${max_payload}.`,
  )
}

/** A test for subjects that match a pattern of tokens and `*`. */
export function matcher(pattern: string): (subject: string) => boolean {
  const whole = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`)
  return (subject) => whole.test(subject)
}

function isInbox(reply: string | undefined): boolean {
  return reply?.startsWith(`${INBOX}.`) ?? false
}
