import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/** The bells that are not settled: they wait, or hosts hold them. */
export interface Bells {
  has(task: { agent: string; task: string }): boolean
}

/** Lists all bells, as of the call. Only for the coordinator. */
export async function listBells(bus: Bus, signal?: AbortSignal): Promise<Bells> {
  const { state } = await persist(bus, 'listing the tasks in the queue', signal, () =>
    bus.jsm.streams.info(STREAMS.task, { subjects_filter: SUBJECTS.task('*', '*') }),
  )
  const subjects = state.subjects ?? {}
  return { has: ({ agent, task }) => SUBJECTS.task(agent, task) in subjects }
}

/** The bells of an agent that wait, and those that hosts hold. Only for the coordinator. */
export async function countBells(
  bus: Bus,
  agent: string,
  signal?: AbortSignal,
): Promise<{ waiting: number; delivered: number }> {
  const { num_pending, num_ack_pending } = await persist(bus, `reading the queue of ${agent}`, signal, () =>
    bus.jsm.consumers.info(STREAMS.task, agent),
  )
  return { waiting: num_pending, delivered: num_ack_pending }
}
