import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { Buffered } from '../streams/buffered.ts'
import { Puller } from './puller.ts'
import { Slots } from './slots.ts'
import { openDelivery, type TaskDelivery } from './task-delivery.ts'

export interface TakeOptions {
  /** Tasks to hold at the same time. Default 1. */
  maxConcurrent?: number
  signal?: AbortSignal
}

/**
 * Takes an agent's tasks, at most `maxConcurrent` at a time, until aborted. One pull waits at the server
 * for each free slot: a task is never fetched that cannot be begun. Aborting ends the stream of new
 * tasks; those that were taken go on.
 *
 * @throws BusError `bus-unprepared` when the agent has no queue, `bus-auth` when the credentials are taken no more.
 * @example
 * for await (const delivery of takeTasks(bus, 'analyst', { maxConcurrent: 2, signal })) {
 *   void work(delivery.task).then(() => delivery.ack())
 * }
 */
export async function* takeTasks(
  bus: Bus,
  agent: string,
  options: TakeOptions = {},
): AsyncGenerator<TaskDelivery> {
  const { maxConcurrent = 1 } = options
  const stopped = new AbortController()
  const outside = options.signal === undefined ? [] : [options.signal]
  const signal = AbortSignal.any([stopped.signal, bus.closed, ...outside])
  if (signal.aborted) return
  const { config } = await persist(bus, `opening the queue of ${agent}`, signal, () =>
    bus.jsm.consumers.info(STREAMS.task, agent),
  )
  const workingMs = Math.min((config.ack_wait ?? 30e9) / 1e6 / 3, 10_000)
  const maxDeliver = (config.max_deliver ?? 0) > 0 ? Number(config.max_deliver) : Number.POSITIVE_INFINITY
  const slots = new Slots(maxConcurrent)
  const taken = new Buffered<TaskDelivery>(signal)
  for (let n = 0; n < maxConcurrent; n++) void pull()
  const forget = bus.link.onShutOut((error) => taken.end(error))
  try {
    yield* taken
  } finally {
    forget()
    stopped.abort()
    for (const unread of taken.rest()) unread.retry(0)
  }

  async function pull(): Promise<void> {
    using puller = new Puller(bus, agent)
    while (!signal.aborted) {
      await slots.take()
      const message = await slots.whileIdle(puller, puller.next(signal))
      const delivery =
        message &&
        openDelivery(bus, message, {
          // The slot of what is no task is given back like every other.
          settled: () => slots.give(),
          releaseSlot: () => {
            slots.give()
            return () => slots.takeBack()
          },
          workingMs,
          maxDeliver,
        })
      if (message === undefined) slots.give()
      if (delivery !== undefined) taken.push(delivery)
    }
  }
}
