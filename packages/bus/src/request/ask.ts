import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { readSpilled } from '../journal/spill.ts'
import { type Answer, answerSchema } from '../protocol/answer.ts'
import { converse } from './converse.ts'

export interface AskOptions<S extends z.ZodType> {
  subject: string
  payload: unknown
  answer: S
  /** In whose journal bucket an answer is that is too large for a message. */
  largeIn: string
  /** Default 10,000. */
  waitMs?: number
  signal?: AbortSignal
}

/** One request, one answer. @throws what the other side threw, or BusError as {@link converse}. */
export async function ask<S extends z.ZodType>(bus: Bus, options: AskOptions<S>): Promise<z.output<S>> {
  const { subject, payload, answer, largeIn, waitMs = 10_000, signal } = options
  const received = await converse<Exclude<Answer, { ok: false }>>(bus, {
    subject,
    payload: JSON.stringify(payload),
    waitMs,
    ...(signal !== undefined && { signal }),
    read(message) {
      const envelope = answerSchema.safeParse(message.json())
      if (!envelope.success) throw badAnswer(subject, envelope.error.message)
      if (!envelope.data.ok) throw fromWireError(envelope.data.error)
      return { result: envelope.data }
    },
  })
  const value = answer.safeParse(await unpack(bus, largeIn, received))
  if (!value.success) throw badAnswer(subject, value.error.message)
  return value.data
}

async function unpack(bus: Bus, writer: string, answer: Exclude<Answer, { ok: false }>): Promise<unknown> {
  if ('value' in answer) return answer.value
  return 'spilled' in answer ? JSON.parse(await readSpilled(bus, writer, answer.spilled)) : undefined
}

function badAnswer(subject: string, problem: string): BusError {
  return new BusError('bad-answer', `an answer on ${subject} is not as the protocol says: ${problem}`)
}
