import { JetStreamApiError } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import type { Ring } from '../protocol/ring.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { LIMIT_REACHED } from '../publish/is-transient.ts'
import { publishDurably } from '../publish/publish-durably.ts'

/**
 * Rings the doorbell of a task whose journal has its first record. Ringing while an earlier bell still
 * waits or is being worked on changes nothing, so it may be done at any time.
 *
 * @throws QueueFullError when no more tasks may wait.
 */
export async function ringTask(
  bus: Bus,
  bell: { agent: string; run: string; task: string; ring: number },
  signal?: AbortSignal,
): Promise<void> {
  const { agent, run, task, ring } = bell
  const first = bus.firsts.written.take(SUBJECTS.journal(agent, run, task))
  const message: Ring = { v: 1, run, task, ring, ...(first === undefined || ring > 1 ? {} : { first }) }
  try {
    await publishDurably(bus, SUBJECTS.task(agent, task), JSON.stringify(message), {
      // The number is in it: an id that was used is a duplicate even after its message was settled.
      msgID: `${task}.${ring}`,
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== LIMIT_REACHED) throw error
    if (error.message.includes('per subject')) return
    throw new QueueFullError(
      `no more tasks may wait (${error.message}): task ${task} for ${agent} was not queued; try again when some are done, add hosts, or raise the limit "maxQueued"`,
      { cause: error },
    )
  }
}
