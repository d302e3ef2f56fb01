import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { isTransient } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'
import { Buffered } from '../streams/buffered.ts'
import { Slots } from './slots.ts'
import { openDelivery, type TaskDelivery } from './task-delivery.ts'

export interface TakeOptions {
  /** Tasks to hold at the same time. Default 1. */
  maxConcurrent?: number
  signal?: AbortSignal
}

/** Milliseconds after which an unanswered pull is made anew. */
const PULL_MS = 30_000

/**
 * Takes an agent's tasks, at most `maxConcurrent` at a time, until aborted. One pull waits at the server
 * for each free slot: a task is never fetched that cannot be begun. Aborting ends the stream of new
 * tasks; those that were taken go on.
 *
 * @throws BusError `bus-unprepared` when the agent has no queue.
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
  const signal = AbortSignal.any([
    stopped.signal,
    bus.closed,
    ...(options.signal === undefined ? [] : [options.signal]),
  ])
  if (signal.aborted) return
  const consumer = await persist(bus, `opening the queue of ${agent}`, signal, () =>
    bus.js.consumers.get(STREAMS.task, agent),
  )
  const ackWaitMs = (await consumer.info(true)).config.ack_wait
  const workingMs = Math.min(ackWaitMs === undefined ? 10_000 : ackWaitMs / 1e6 / 3, 10_000)
  const slots = new Slots(maxConcurrent)
  const taken = new Buffered<TaskDelivery>(signal)
  Promise.all(Array.from({ length: maxConcurrent }, () => pull())).then(
    () => taken.end(),
    (error: unknown) => taken.end(error),
  )
  try {
    yield* taken
  } finally {
    stopped.abort()
    for (const unread of taken.rest()) unread.retry(0)
  }

  async function pull(): Promise<void> {
    while (!signal.aborted) {
      await slots.take()
      if (signal.aborted) return
      const message = await next(bus, consumer, signal)
      if (message === undefined) {
        slots.give()
        continue
      }
      if (signal.aborted) {
        message.nak()
        return
      }
      const delivery = openDelivery(bus, message, replyOf(message), {
        settled: () => slots.give(),
        releaseSlot: () => {
          slots.give()
          return () => slots.takeBack()
        },
        workingMs,
      })
      if (delivery !== undefined) taken.push(delivery)
    }
  }
}

/** One task, or undefined after a while, a break of the connection, or an abort. */
async function next(bus: Bus, consumer: Consumer, signal: AbortSignal): Promise<JsMsg | undefined> {
  let pulled: ConsumerMessages
  try {
    pulled = await consumer.fetch({ max_messages: 1, expires: PULL_MS, bind: true })
  } catch (error) {
    if (!isTransient(error)) throw error
    await sleep(100)
    return undefined
  }
  const stop = () => void pulled.close()
  // A server that comes back has forgotten who was waiting.
  const forget = bus.link.onBack(stop)
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) stop()
    for await (const message of pulled) return message
    return undefined
  } catch (error) {
    if (!isTransient(error)) throw error
    await sleep(100)
    return undefined
  } finally {
    forget()
    signal.removeEventListener('abort', stop)
  }
}

/** The subject on which a delivery is settled. The client has it, and does not type it. */
function replyOf(message: JsMsg): string {
  return 'reply' in message && typeof message.reply === 'string' ? message.reply : ''
}
