import { parseJson } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { type Ring, ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject, SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/** A bell that is not settled: it waits, or a host holds it. */
export interface Bell {
  sequence: number
  agent: string
  ring: Ring
}

/** The bell with this sequence, or of this task; undefined if there is none. */
export async function findBell(
  bus: Bus,
  where: { sequence: number } | { agent: string; task: string },
  signal?: AbortSignal,
): Promise<Bell | undefined> {
  const query =
    'sequence' in where ? { seq: where.sequence } : { last_by_subj: SUBJECTS.task(where.agent, where.task) }
  return persist(bus, 'looking for a bell', signal, async () => {
    try {
      const message = await bus.jsm.streams.getMessage(STREAMS.task, query)
      if (message === null) return undefined
      const agent = parseTaskSubject(message.subject)?.agent
      const ring = ringSchema.safeParse(parseJson(message.string()))
      return agent === undefined || !ring.success
        ? undefined
        : { sequence: message.seq, agent, ring: ring.data }
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return undefined
      throw error
    }
  })
}

/** Removes a bell from the queue, even if a host holds it. Does nothing if the bell is gone. */
export async function removeBell(bus: Bus, sequence: number, signal?: AbortSignal): Promise<void> {
  await removeMessage(bus, STREAMS.task, sequence, signal)
}

/** Deletes a message of a stream. Harmless to repeat. */
export async function removeMessage(
  bus: Bus,
  stream: string,
  seq: number,
  signal?: AbortSignal,
): Promise<void> {
  await persist(bus, `removing message ${seq} of ${stream}`, signal, async () => {
    try {
      await bus.jsm.streams.deleteMessage(stream, seq)
    } catch (error) {
      if (!(error instanceof Error) || !/no message found|message not found/.test(error.message)) throw error
    }
  })
}
