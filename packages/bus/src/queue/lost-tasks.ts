import { hasCode } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { type Bell, findBell } from './bell.ts'
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

/** What the caller of {@link redeliverLost} knows. */
export interface Suspects {
  /** Tasks that no living host announces, and whose last host is not alive. */
  open: readonly OpenTask[]
  /** Number of tasks that living hosts announce. */
  held: number
  /** From the previous call, 0 at the first: a host with a later bell has not announced it yet. */
  delivered: number
  /**
   * Which tasks are still without a host, judged by journals that are at least as new as this call. A host appends before
   * it settles a bell, so a task that waits, has ended or was begun looks lost only in an old copy of its journal.
   */
  confirm(tasks: readonly OpenTask[]): Promise<readonly OpenTask[]>
}

/**
 * Redelivers the tasks of an agent that neither wait nor are at work. A bell is lost if its host died together with
 * the coordinator that would have noticed, or if it was in flight when a connection broke.
 */
export async function redeliverLost(
  bus: Bus,
  agent: string,
  { open, held, delivered, confirm }: Suspects,
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
  const suspects = new Map<OpenTask, Bell | undefined>()
  for (const task of open) {
    const bell = await findBell(bus, { agent, task: task.task }, signal)
    if (bell === undefined || bell.sequence <= delivered) suspects.set(task, bell)
  }
  if (suspects.size === 0) return lost
  for (const task of await confirm([...suspects.keys()])) {
    const bell = suspects.get(task)
    try {
      if (bell !== undefined) await replaceBell(bus, bell, task.host, 1)
      else await ringTask(bus, { agent, run: task.run, task: task.task, ring: Date.now() }, signal)
    } catch (error) {
      // The next call rings again for this task and the remaining ones.
      if (hasCode(error, 'queue-full')) return lost
      throw error
    }
    lost.redelivered.push(task)
  }
  return lost
}
