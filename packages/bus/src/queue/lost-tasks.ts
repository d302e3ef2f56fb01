import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { findBell } from './bell.ts'
import { ringAnew } from './hand-over.ts'
import { ringTask } from './ring-task.ts'

/** A task that has not ended, and the host whose attempt stands last in its journal. */
export interface OpenTask {
  run: string
  task: string
  host?: string
}

/** What was found to be lost, and how far the queue had been given out when it was looked at. */
export interface LostTasks {
  rung: OpenTask[]
  /** Place of the last bell that somebody has been given. */
  givenOut: number
}

/**
 * Rings for those tasks of an agent that neither wait nor are at work. A bell is lost where its host died
 * together with whoever would have noticed, or where it crossed the death of a connection.
 *
 * @param open tasks that no living host says it has, and that are no host's that lives
 * @param held how many tasks living hosts say they have
 * @param givenOut as at the look before, 0 at the first: who has been given a later bell has yet to say so
 */
export async function ringForLost(
  bus: Bus,
  agent: string,
  { open, held, givenOut }: { open: readonly OpenTask[]; held: number; givenOut: number },
  signal?: AbortSignal,
): Promise<LostTasks> {
  const { num_pending, num_ack_pending, delivered } = await persist(
    bus,
    `looking at the queue of ${agent}`,
    signal,
    () => bus.jsm.consumers.info(STREAMS.task, agent),
  )
  const lost: LostTasks = { rung: [], givenOut: delivered.stream_seq }
  // As many bells are out as hosts have, and those that wait are there: nothing to look at one by one.
  if (num_ack_pending <= held && num_pending >= open.length) return lost
  for (const { run, task, host } of open) {
    const bell = await findBell(bus, { agent, task }, signal)
    if (bell === undefined) await ringTask(bus, { agent, run, task, ring: Date.now() }, signal)
    else if (bell.sequence <= givenOut) await ringAnew(bus, bell, host, 1)
    else continue
    lost.rung.push({ run, task, ...(host !== undefined && { host }) })
  }
  return lost
}
