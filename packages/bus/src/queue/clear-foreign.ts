import { parseJson } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/**
 * Takes out of the queue what is no doorbell. A user names the reply subject of what it asks the server for,
 * and the server answers there without looking at that user's permissions: such an answer may lie in a task's
 * place, or, for agents that do not exist, fill the queue for ever.
 *
 * @param subject of one task; otherwise the whole queue is looked through
 * @returns how many messages were taken out
 */
export async function clearForeign(bus: Bus, subject?: string, signal?: AbortSignal): Promise<number> {
  const subjects =
    subject === undefined
      ? await persist(bus, 'looking through the queue', signal, async () => {
          const { state } = await bus.jsm.streams.info(STREAMS.task, { subjects_filter: '>' })
          return Object.keys(state.subjects ?? {})
        })
      : [subject]
  let removed = 0
  for (const each of subjects) {
    if (parseTaskSubject(each) !== undefined && !(await isForeign(bus, each, signal))) continue
    removed += await persist(bus, 'clearing the queue', signal, async () => {
      return (await bus.jsm.streams.purge(STREAMS.task, { filter: each })).purged
    })
  }
  return removed
}

/** False also where nothing is there any more. */
function isForeign(bus: Bus, subject: string, signal: AbortSignal | undefined): Promise<boolean> {
  return persist(bus, 'looking at a doorbell', signal, async () => {
    try {
      const message = await bus.jsm.streams.getMessage(STREAMS.task, { last_by_subj: subject })
      return message !== null && !ringSchema.safeParse(parseJson(message.string())).success
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return false
      throw error
    }
  })
}
