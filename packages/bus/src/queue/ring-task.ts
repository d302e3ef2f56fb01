import { JetStreamApiError } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import type { Ring } from '../protocol/ring.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { LIMIT_REACHED } from '../publish/is-transient.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { clearForeign } from './clear-foreign.ts'

/**
 * Rings the bell of a task: puts it into its agent's queue. The task's journal must have its first record. Ringing
 * changes nothing while an earlier bell waits or is held, so it is safe at any time. If this process created the task,
 * its first bell carries the first record.
 *
 * @param bell `ring` must be greater than in every earlier bell of the task: use `Date.now()`
 * @throws QueueFullError if the queue has its maximum of tasks
 */
export async function ringTask(
  bus: Bus,
  bell: { agent: string } & Pick<Ring, 'run' | 'task' | 'ring' | 'deliveries' | 'decisions'>,
  signal?: AbortSignal,
): Promise<void> {
  const { agent, run, task, ring, deliveries, decisions = [] } = bell
  const first = bus.firsts.written.take(SUBJECTS.journal(agent, run, task))
  const message: Ring = {
    v: 1,
    run,
    task,
    ring,
    wakes: true,
    ...(decisions.length > 0 && { decisions }),
    ...(deliveries !== undefined && { deliveries }),
    ...(first === undefined || deliveries !== undefined ? {} : { first }),
  }
  const subject = SUBJECTS.task(agent, task)
  for (let isCleared = false; ; isCleared = true) {
    try {
      await publishDurably(bus, subject, JSON.stringify(message), {
        // With the number, because a used id is a duplicate even after its message was settled.
        msgID: `${task}.${ring}`,
        ...(signal !== undefined && { signal }),
      })
      return
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== LIMIT_REACHED) throw error
      const isOwnSubject = error.message.includes('per subject')
      // Only if it is full: replies that a user made the server store here are no tasks, and must not keep tasks out.
      const removed = isCleared ? 0 : await clearForeign(bus, isOwnSubject ? subject : undefined, signal)
      if (removed > 0) continue
      if (isOwnSubject) return
      throw new QueueFullError(
        `The queue is full (${error.message}): task ${task} for ${agent} was not queued. Try again when some tasks are done, add hosts, or raise the limit "maxQueued".`,
        { cause: error },
      )
    }
  }
}
