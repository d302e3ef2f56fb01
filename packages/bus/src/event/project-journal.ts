import { randomUUID } from 'node:crypto'
import type { Bus } from '../connect/bus.ts'
import type { Mark } from '../streams/find-loss.ts'
import type { Gap } from '../streams/follow-stream.ts'
import { Lease, LeaseLost } from './lease.ts'
import { Projection } from './projection.ts'
import { beginProgress, resumeProgress } from './resume-progress.ts'
import { MAX_WAITING_BYTES } from './run-queues.ts'

/** Options of {@link projectJournal}. */
export interface ProjectOptions {
  /** The id of this coordinator. Default: one that no other has. */
  coordinator?: string
  /**
   * Makes durable what the caller derives from JOURNAL. Resolves with the sequence up to which that is complete: the
   * checkpoint goes no further. Called about once a second if anything has changed. Default: nothing is derived.
   */
  stored?(): Promise<number>
  /** Bytes of messages that wait in memory. The longest queue reads the rest again. Default 32 MiB. */
  maxWaitingBytes?: number
  /** Called when this coordinator begins to publish events, and when it stops. */
  onHolding?(holding: boolean): void
  /** Called if JOURNAL has lost messages, before anything later is published. */
  onLost?(gap: Gap): void
  /** Reports what an operator should know. */
  note?(line: string): void
}

/**
 * Publishes the events of all journals until aborted. Of all coordinators, one does this at a time: the holder of a
 * lease in the bucket `coordinators`, which also says how far the events are published. Another one takes over ten
 * seconds after the holder has died, and publishes exactly the events that are missing.
 *
 * Runs take turns, so that no run delays the events of another. Events of one run are in the order of JOURNAL.
 *
 * @throws BusError as {@link persist}
 */
export async function projectJournal(
  bus: Bus,
  signal: AbortSignal,
  options: ProjectOptions = {},
): Promise<void> {
  const { coordinator = `c-${randomUUID()}`, stored, onHolding, onLost, note = () => {} } = options
  const { maxWaitingBytes: maxBytes = MAX_WAITING_BYTES } = options
  const lease = new Lease(bus, coordinator)
  const waits = (holder: string) =>
    note(`Coordinator ${holder} publishes the events. This one takes over when that one stops.`)
  /** The last message of JOURNAL that this process has read. */
  let seen: Mark | undefined
  let projection: Projection | undefined
  try {
    while (!signal.aborted) {
      const held = await lease.take((isNew) => beginProgress(bus, isNew, signal), waits, signal)
      onHolding?.(true)
      projection = undefined
      try {
        const resuming = resumeProgress(bus, held, seen, { onLost, note }, signal)
        const resumed = await lease.keep(held, resuming, signal)
        await lease.renew(resumed.progress, signal)
        projection = new Projection(bus, lease, resumed, { signal, stored, note, maxBytes })
        await projection.run()
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error
      } finally {
        if (projection !== undefined) seen = projection.progress.seen
        onHolding?.(false)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await lease.release(projection?.progress)
  }
}
