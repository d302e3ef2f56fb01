import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { findBell } from './bell.ts'
import { replaceBell } from './hand-over.ts'
import { ringTask } from './ring-task.ts'

/** A task that has not ended, and the host of its last attempt. */
export interface OpenTask {
  run: string
  task: string
  host?: string
}

/** The lost tasks that were redelivered, and how far the queue had been delivered. */
export interface LostTasks {
  redelivered: OpenTask[]
  /** Sequence of the last bell that was delivered. */
  delivered: number
}

/**
 * Redelivers the tasks of an agent that neither wait nor are at work. A bell is lost if its host died together with
 * the coordinator that would have noticed, or if it was in flight when a connection broke.
 *
 * @param open tasks that no living host announces, and whose last host is not alive
 * @param held number of tasks that living hosts announce
 * @param delivered from the previous call, 0 at the first: a host with a later bell has not announced it yet
 */
export async function redeliverLost(
  bus: Bus,
  agent: string,
  { open, held, delivered }: { open: readonly OpenTask[]; held: number; delivered: number },
  signal?: AbortSignal,
): Promise<LostTasks> {
  const {
    num_pending,
    num_ack_pending,
    delivered: last,
  } = await persist(bus, `reading the queue of ${agent}`, signal, () =>
    bus.jsm.consumers.info(STREAMS.task, agent),
  )
  const lost: LostTasks = { redelivered: [], delivered: last.stream_seq }
  // Living hosts hold every delivered bell, and enough bells wait: no need to look at each task.
  if (num_ack_pending <= held && num_pending >= open.length) return lost
  for (const { run, task, host } of open) {
    const bell = await findBell(bus, { agent, task }, signal)
    if (bell === undefined) await ringTask(bus, { agent, run, task, ring: Date.now() }, signal)
    else if (bell.sequence <= delivered) await replaceBell(bus, bell, host, 1)
    else continue
    lost.redelivered.push({ run, task, ...(host !== undefined && { host }) })
  }
  return lost
}
