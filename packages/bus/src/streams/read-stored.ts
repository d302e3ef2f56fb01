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
 * Every message that a stream holds on one subject, from `fromSequence` to the last one that is stored at the call.
 * Continues after a break of the connection. With `headersOnly`, without their contents.
 *
 * Creates a consumer, because that is the only way to read with a request whose subject names what is read. In other
 * requests the payload decides, and permissions do not cover payloads.
 */
export async function* readStored(
  bus: Bus,
  where: { stream: string; subject: string; fromSequence?: number; headersOnly?: boolean },
  signal?: AbortSignal,
): AsyncGenerator<JsMsg> {
  const doing = `reading ${where.subject}`
  let from = where.fromSequence ?? 1
  for (;;) {
    const info = await persist(bus, doing, signal, () =>
      bus.jsm.consumers.add(where.stream, readerConfig(where, from)),
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
        // Messages are left but none came: the server restarted and lost the consumer.
        if (left === before) break
      }
    } catch (error) {
      if (!isTransient(error)) throw error
    } finally {
      // Not awaited: the server deletes an unused consumer after a while anyway.
      consumer.delete().catch(() => {})
    }
    if (left === 0) return
    bus.closed.throwIfAborted()
  }
}

async function fetchSome(bus: Bus, consumer: Consumer, left: number): Promise<ConsumerMessages> {
  const batch = await consumer.fetch({ max_messages: Math.min(left, 500), expires: 5_000, bind: true })
  const remove = bus.link.onReconnect(() => batch.stop())
  batch.closed().then(remove, remove)
  return batch
}

function readerConfig(
  { subject, headersOnly }: { subject: string; headersOnly?: boolean },
  from: number,
): Partial<ConsumerConfig> {
  return {
    // Nobody can guess the name: a user that knows it may pull from the consumer.
    name: `read_${randomUUID()}`,
    filter_subject: subject,
    ...(headersOnly && { headers_only: true }),
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(10_000),
    ...(from > 1
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
      : { deliver_policy: DeliverPolicy.All }),
  }
}
