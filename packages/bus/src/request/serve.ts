import type { Msg } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { toWireError } from '../errors/wire-error.ts'
import type { Spilled } from '../protocol/journal-message.ts'
import { INBOX } from '../protocol/places.ts'
import { untilUp } from '../publish/persist.ts'
import { publishCore } from '../publish/publish-core.ts'

export interface ServeOptions<S extends z.ZodType> {
  /** May hold wildcards. */
  subject: string
  /** Processes of the same queue share the requests. */
  queue?: string
  schema: S
  /** Answers; what it throws is sent as an error. */
  handle(request: z.output<S>, message: Msg): Promise<unknown>
  /** Where an answer is kept that is too large for a message. Without it, such an answer is an error. */
  spill?(text: string, message: Msg): Promise<Spilled>
  /** Wraps what `handle` gave; default `{ ok: true, value }`. */
  wrap?(value: unknown): unknown
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
  const { subject, queue, schema, handle, wrap = (value: unknown) => ({ ok: true, value }) } = options
  const underWay = new Set<Promise<void>>()
  const listen = () =>
    bus.connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null || !matches(subject, message.subject) || !isInbox(message.reply)) return
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
    let reply: unknown
    try {
      reply = wrap(await handle(schema.parse(readJson(message)), message))
    } catch (error) {
      reply = { ok: false, error: toWireError(error) }
    }
    const { spill } = options
    const keep = spill && ((text: string) => spill(text, message))
    if (message.reply === undefined) return
    const text = await fit(bus, reply, keep)
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

/** The text of an answer, or of one that says where it is, or that it is too large. */
async function fit(
  bus: Bus,
  reply: unknown,
  spill: ((text: string) => Promise<Spilled>) | undefined,
): Promise<string> {
  const text = JSON.stringify(reply)
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  const size = text.length * 3 <= limit ? 0 : Buffer.byteLength(text)
  if (size <= limit) return text
  try {
    const { value } = reply as { value?: unknown }
    if (spill !== undefined) return JSON.stringify({ ok: true, spilled: await spill(JSON.stringify(value)) })
    throw new BusError('too-large', `the answer has ${size} bytes; the server takes ${limit} in a message`)
  } catch (error) {
    return JSON.stringify({ ok: false, error: toWireError(error) })
  }
}

/** Whether a subject is one of those that the pattern (tokens and `*`) stands for. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  return (
    wanted.length === tokens.length &&
    wanted.every((token, index) => token === '*' || token === tokens[index])
  )
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
