import { parseJson } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/**
 * Removes messages from the queue that are no bells. A user chooses the reply subject of its requests to the server,
 * and the server does not check permissions there. Such a reply may take a task's place in the queue; for an agent
 * that does not exist, it would fill the queue without an end.
 *
 * @param subject of one task; default: the whole queue
 * @returns the number of removed messages
 */
export async function clearForeign(bus: Bus, subject?: string, signal?: AbortSignal): Promise<number> {
  const subjects =
    subject === undefined
      ? await persist(bus, 'reading the queue', signal, async () => {
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

/** False also if the message is gone. */
function isForeign(bus: Bus, subject: string, signal: AbortSignal | undefined): Promise<boolean> {
  return persist(bus, 'reading a bell', signal, async () => {
    try {
      const message = await bus.jsm.streams.getMessage(STREAMS.task, { last_by_subj: subject })
      return message !== null && !ringSchema.safeParse(parseJson(message.string())).success
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return false
      throw error
    }
  })
}
