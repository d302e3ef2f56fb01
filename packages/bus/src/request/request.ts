import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { readSpilled } from '../journal/spill.ts'
import { type Reply, replySchema } from '../protocol/reply.ts'
import { converse } from './exchange.ts'

export interface AskOptions<S extends z.ZodType> {
  subject: string
  payload: unknown
  reply: S
  /** In whose journal bucket an reply is that is too large for a message. */
  largeIn: string
  /** Default 10,000. */
  waitMs?: number
  signal?: AbortSignal
}

/** One request, one reply. @throws what the other side threw, or BusError as {@link converse}. */
export async function ask<S extends z.ZodType>(bus: Bus, options: AskOptions<S>): Promise<z.output<S>> {
  const { subject, payload, reply, largeIn, waitMs = 10_000, signal } = options
  const received = await converse<Exclude<Reply, { ok: false }>>(bus, {
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
  const value = reply.safeParse(await unpack(bus, largeIn, received))
  if (!value.success) throw badReply(subject, value.error.message)
  return value.data
}

async function unpack(bus: Bus, writer: string, reply: Exclude<Reply, { ok: false }>): Promise<unknown> {
  if ('value' in reply) return reply.value
  return 'spilled' in reply ? JSON.parse(await readSpilled(bus, writer, reply.spilled)) : undefined
}

function badReply(subject: string, problem: string): BusError {
  return new BusError('bad-reply', `an reply on ${subject} is not as the protocol says: ${problem}`)
}
