import { InputError, parseJson } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { ringSchema } from '../protocol/ring.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/** The run of an open task, from its bell; undefined if no such task waits or is at work. */
export async function runOfTask(
  bus: Bus,
  { writer, task }: { writer: string; task: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const bell = await persist(bus, `looking up task ${task}`, signal, async () => {
    try {
      return await bus.jsm.direct.getMessage(STREAMS.task, { last_by_subj: SUBJECTS.task(writer, task) })
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return null
      throw error
    }
  })
  if (bell === null) return undefined
  const ring = ringSchema.safeParse(parseJson(bell.string()))
  if (!ring.success)
    throw new InputError(`Cannot read the bell of task ${task}: ${z.prettifyError(ring.error)}`)
  return ring.data.run
}
