import { JetStreamApiError } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import type { Ring } from '../protocol/ring.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { LIMIT_REACHED } from '../publish/is-transient.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { clearForeign } from './clear-foreign.ts'

/**
 * Rings the doorbell of a task whose journal has its first record. Ringing while an earlier bell still
 * waits or is being worked on changes nothing, so it may be done at any time. The first bell of a task that
 * this process has created carries that record with it.
 *
 * @param bell `ring` is greater than that of every earlier bell of the task: `Date.now()`
 * @throws QueueFullError when no more tasks may wait.
 */
export async function ringTask(
  bus: Bus,
  bell: { agent: string; run: string; task: string; ring: number; deliveries?: number },
  signal?: AbortSignal,
): Promise<void> {
  const { agent, run, task, ring, deliveries } = bell
  const first = bus.firsts.written.take(SUBJECTS.journal(agent, run, task))
  const message: Ring = {
    v: 1,
    run,
    task,
    ring,
    ...(deliveries !== undefined && { deliveries }),
    ...(first === undefined || deliveries !== undefined ? {} : { first }),
  }
  const subject = SUBJECTS.task(agent, task)
  for (let isCleared = false; ; isCleared = true) {
    try {
      await publishDurably(bus, subject, JSON.stringify(message), {
        // The number is in it: an id that was used is a duplicate even after its message was settled.
        msgID: `${task}.${ring}`,
        ...(signal !== undefined && { signal }),
      })
      return
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== LIMIT_REACHED) throw error
      const isOwnPlace = error.message.includes('per subject')
      // Looked at only then: what somebody had the server put here is no task, and keeps none out.
      const removed = isCleared ? 0 : await clearForeign(bus, isOwnPlace ? subject : undefined, signal)
      if (removed > 0) continue
      if (isOwnPlace) return
      throw new QueueFullError(
        `no more tasks may wait (${error.message}): task ${task} for ${agent} was not queued; try again when some are done, add hosts, or raise the limit "maxQueued"`,
        { cause: error },
      )
    }
  }
}
