import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { readSpilled } from '../journal/spill.ts'
import { type Reply, replySchema } from '../protocol/reply.ts'
import { requestReplies } from './request-replies.ts'

/** Options of {@link request}. */
export interface RequestOptions<S extends z.ZodType> {
  subject: string
  payload: unknown
  /** Schema of the reply's value. */
  reply: S
  /** The writer whose journal bucket holds a reply that is too large for a message. */
  largeIn: string
  /** Milliseconds. Default 10,000. */
  waitMs?: number
  signal?: AbortSignal
}

/** Sends one request and returns its reply. @throws the error of the other side, or BusError as {@link requestReplies} */
export async function request<S extends z.ZodType>(
  bus: Bus,
  options: RequestOptions<S>,
): Promise<z.output<S>> {
  const { subject, payload, reply, largeIn, waitMs = 10_000, signal } = options
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
  const value = reply.safeParse(await readValue(bus, largeIn, received))
  if (!value.success) throw badReply(subject, value.error.message)
  return value.data
}

async function readValue(bus: Bus, writer: string, reply: Exclude<Reply, { ok: false }>): Promise<unknown> {
  if ('value' in reply) return reply.value
  return 'spilled' in reply ? JSON.parse(await readSpilled(bus, writer, reply.spilled)) : undefined
}

function badReply(subject: string, problem: string): BusError {
  return new BusError('bad-reply', `The reply on ${subject} does not follow the protocol: ${problem}`)
}
