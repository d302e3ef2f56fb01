import { AsyncQueue } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { Puller } from './puller.ts'
import { Slots } from './slots.ts'
import { openDelivery, type TaskDelivery } from './task-delivery.ts'

/** Options of {@link takeTasks}. */
export interface TakeOptions {
  /** Tasks to hold at the same time. Default 1. */
  maxConcurrent?: number
  signal?: AbortSignal
}

/**
 * Takes an agent's tasks, at most `maxConcurrent` at a time, until aborted. One pull waits at the server for each free
 * slot, so every fetched task can begin. Aborting ends the stream of new tasks; taken tasks continue.
 *
 * @throws BusError `bus-unprepared` if the agent has no queue, `bus-auth` if the server no longer accepts the
 * credentials
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
  const taken = new AsyncQueue<TaskDelivery>(signal)
  const pullers = Array.from({ length: maxConcurrent }, () => new Puller(bus, agent))
  for (const puller of pullers) void pull(puller)
  const removeListener = bus.link.onAuthFailed((error) => taken.fail(error))
  try {
    // Not `yield*`: if the caller stops, the queue must keep its unread deliveries for the return below.
    for (let next = await taken.next(); !next.done; next = await taken.next()) yield next.value
  } finally {
    removeListener()
    stopped.abort()
    await Promise.all(pullers.map((puller) => puller[Symbol.asyncDispose]()))
    for (const unread of taken.drain()) unread.retry(0)
  }

  async function pull(puller: Puller): Promise<void> {
    while (!signal.aborted) {
      await slots.take()
      const message = await slots.whileIdle(puller, puller.next(signal))
      const delivery =
        message &&
        openDelivery(bus, message, {
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
