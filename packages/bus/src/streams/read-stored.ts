import { randomUUID } from 'node:crypto'
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { isTransient } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'

/**
 * Every message that a stream holds on one subject, from `fromSequence` to what is stored when it is
 * called, then ends. Goes on where it was after a break.
 *
 * It makes a consumer of its own, because that is the one way of reading whose subject shows the server
 * what is read: the payload of the other requests decides, and permissions do not see payloads.
 */
export async function* readStored(
  bus: Bus,
  where: { stream: string; subject: string; fromSequence?: number },
  signal?: AbortSignal,
): AsyncGenerator<JsMsg> {
  const doing = `reading ${where.subject}`
  let from = where.fromSequence ?? 1
  for (;;) {
    const info = await persist(bus, doing, signal, () =>
      bus.jsm.consumers.add(where.stream, readerConfig(where.subject, from)),
    )
    let left = info.num_pending
    const consumer = bus.js.consumers.getConsumerFromInfo(info)
    try {
      while (left > 0) {
        const before = left
        for await (const message of await fetchSome(bus, consumer, left)) {
          signal?.throwIfAborted()
          left--
          from = message.seq + 1
          yield message
        }
        // Nothing although something is left: the server was restarted and has forgotten the consumer.
        if (left === before) break
      }
    } catch (error) {
      if (!isTransient(error)) throw error
    } finally {
      // Not waited for: one that is not deleted now goes by itself after a while.
      consumer.delete().catch(() => {})
    }
    if (left === 0) return
    bus.closed.throwIfAborted()
  }
}

async function fetchSome(bus: Bus, consumer: Consumer, left: number): Promise<ConsumerMessages> {
  const batch = await consumer.fetch({ max_messages: Math.min(left, 500), expires: 5_000, bind: true })
  const forget = bus.link.onBack(() => batch.stop())
  batch.closed().then(forget, forget)
  return batch
}

function readerConfig(subject: string, from: number): Partial<ConsumerConfig> {
  return {
    // Unforeseeable: whoever knows a consumer's name may pull from it.
    name: `read_${randomUUID()}`,
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(10_000),
    ...(from > 1
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
      : { deliver_policy: DeliverPolicy.All }),
  }
}
