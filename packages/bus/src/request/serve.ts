import type { Msg } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { toWireError } from '../errors/wire-error.ts'
import type { Spilled } from '../protocol/journal-message.ts'
import { INBOX } from '../protocol/places.ts'
import { untilUp } from '../publish/persist.ts'
import { publishCore } from '../publish/publish-core.ts'
import type { Admission } from './admission.ts'

export interface ServeOptions<S extends z.ZodType> {
  /** May hold wildcards. */
  subject: string
  /** Processes of the same queue share the requests. */
  queue?: string
  schema: S
  /** Drops what one sender sends beyond what it may. */
  admission?: Admission
  /** Answers; what it throws is sent as an error. */
  handle(request: z.output<S>, message: Msg): Promise<unknown>
  /** Where an answer is kept that is too large for a message. Without it, such an answer is an error. */
  spill?(text: string, message: Msg): Promise<Spilled>
  /** The answer's text to what `handle` gave; default that of `{ ok: true, value }`. */
  encode?(value: unknown): string
}

/**
 * Answers requests until disposed; requests under way are finished first.
 *
 * A request whose subject is not below the served one, or whose reply subject is no inbox, is dropped
 * unanswered: a stored message can be had delivered to a served subject, and an answer to a subject of
 * the asker's choice would be published with this process's permissions.
 */
export async function serve<S extends z.ZodType>(
  bus: Bus,
  options: ServeOptions<S>,
): Promise<AsyncDisposable> {
  const { subject, queue, schema, handle, encode = encodeValue, spill } = options
  const isServed = matcher(subject)
  const underWay = new Set<Promise<void>>()
  const listen = () =>
    bus.connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        if (error !== null || !isServed(message.subject) || !isInbox(message.reply)) return
        if (options.admission?.takes(message.subject) === false) return
        const end = bus.exchanges.begin()
        const work = answer(message).finally(() => {
          underWay.delete(work)
          end()
        })
        underWay.add(work)
      },
    })
  let subscription = listen()
  const leave = bus.exchanges.serve({
    pause() {
      // Not unsubscribed: what is on its way would be thrown away. Where it fails, the connection has broken.
      subscription.drain().catch(() => {})
    },
    resume: () => {
      if (!bus.connection.isClosed() && !bus.connection.isDraining()) subscription = listen()
    },
  })
  await bus.outbox.flush()

  async function answer(message: Msg): Promise<void> {
    let text: string
    try {
      const value = await handle(schema.parse(readJson(message)), message)
      text = encode(value)
      if (isTooLarge(bus, text))
        text = await encodeLarge(bus, text, spill && (() => spill(JSON.stringify(value), message)))
    } catch (error) {
      text = JSON.stringify({ ok: false, error: toWireError(error) })
    }
    if (message.reply === undefined) return
    // What is sent into a broken connection is lost without a word.
    if (!bus.link.up) await untilUp(bus, undefined, 0).catch(() => {}) // Closed for good: nobody can be told.
    publishCore(bus, message.reply, text)
  }

  return {
    async [Symbol.asyncDispose]() {
      leave()
      if (!subscription.isClosed()) await subscription.drain()
      await Promise.all(underWay)
    },
  }
}

function encodeValue(value: unknown): string {
  return JSON.stringify({ ok: true, value })
}

function isTooLarge(bus: Bus, text: string): boolean {
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  return text.length * 3 > limit && Buffer.byteLength(text) > limit
}

/** The text of an answer that says where the answer is. @throws BusError `too-large` where none is kept */
async function encodeLarge(
  bus: Bus,
  text: string,
  keep: (() => Promise<Spilled>) | undefined,
): Promise<string> {
  if (keep !== undefined) return JSON.stringify({ ok: true, spilled: await keep() })
  const { max_payload } = bus.connection.info ?? {}
  throw new BusError(
    'too-large',
    `the answer has ${Buffer.byteLength(text)} bytes; the server takes ${max_payload} in a message`,
  )
}

/** Tells the subjects that a pattern stands for; it consists of tokens as `SUBJECTS` takes them, and `*`. */
export function matcher(pattern: string): (subject: string) => boolean {
  const whole = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`)
  return (subject) => whole.test(subject)
}

function isInbox(reply: string | undefined): boolean {
  return reply?.startsWith(`${INBOX}.`) ?? false
}

function readJson(message: Msg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
