import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import type { Spilled } from '../protocol/journal-message.ts'
import { type Reply, replySchema } from '../protocol/reply.ts'
import { requestReplies } from './request-replies.ts'

/** Options of {@link request}. */
export interface RequestOptions<S extends z.ZodType> {
  subject: string
  payload: unknown
  /** Schema of the reply's value. */
  reply: S
  /** Fetches a reply that is too large for a message. Without it, such a reply is an error. */
  fetch?(spilled: Spilled): Promise<string>
  /** Milliseconds. Default 10,000. */
  waitMs?: number
  signal?: AbortSignal
}

/** Sends one request and returns its reply. @throws the error of the other side, or BusError as {@link requestReplies} */
export async function request<S extends z.ZodType>(
  bus: Bus,
  options: RequestOptions<S>,
): Promise<z.output<S>> {
  const { subject, payload, reply, fetch, waitMs = 10_000, signal } = options
  const received = await requestReplies<Exclude<Reply, { ok: false }>>(bus, {
    subject,
    payload: JSON.stringify(payload),
    waitMs,
    ...(signal !== undefined && { signal }),
    read(message) {
      const envelope = replySchema.safeParse(message.json())
      if (!envelope.success) throw badReply(subject, envelope.error.message)
      if (!envelope.data.ok) throw fromWireError(envelope.data.error)
      return { result: envelope.data }
    },
  })
  const value = reply.safeParse(await readValue(subject, received, fetch))
  if (!value.success) throw badReply(subject, value.error.message)
  return value.data
}

async function readValue(
  subject: string,
  reply: Exclude<Reply, { ok: false }>,
  fetch: ((spilled: Spilled) => Promise<string>) | undefined,
): Promise<unknown> {
  if ('value' in reply) return reply.value
  if (!('spilled' in reply)) return undefined
  if (fetch === undefined) throw badReply(subject, 'expected a reply in the message, found the key of a file')
  return JSON.parse(await fetch(reply.spilled))
}

function badReply(subject: string, problem: string): BusError {
  return new BusError('bad-reply', `The reply on ${subject} does not follow the protocol: ${problem}`)
}
