import { randomUUID } from 'node:crypto'
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { isTransient } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'

/** The server deletes a consumer after this long without a pull, milliseconds. The reader then creates a new one. */
const INACTIVE_MS = 60_000

/** How often the server confirms that the consumer exists, milliseconds. The client gives up after two misses. */
const HEARTBEAT_MS = 2_000

/** Bytes to request ahead; twice the largest message if that is more. */
const AHEAD_BYTES = 2 * 1024 * 1024

/** What to follow, and where to begin. */
export interface Source {
  stream: string
  subject: string
  /** A sequence; `new` for messages from now on; or the last message of each subject, and then new ones. */
  from: number | 'new' | 'last-of-each'
}

/**
 * Every message of a stream on one subject, in order and without gaps, until aborted. A restart of the server is
 * only a pause.
 *
 * The client's own ordered consumer notices a restart by missed heartbeats, which takes half a minute, and reads the
 * stream's information, which lists the subjects of all users. This one restarts after the last message as soon as
 * the connection is back, and needs no right but to create a consumer on this subject.
 *
 * @param opened is called with the number of stored messages, each time a consumer is created
 * @throws BusError `bus-auth` if the server no longer accepts the credentials
 */
export async function* followStream(
  bus: Bus,
  source: Source,
  signal?: AbortSignal,
  opened?: (pending: number) => void,
): AsyncGenerator<JsMsg> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  let { from } = source
  while (!either.aborted) {
    const info = await openConsumer(bus, { ...source, from }, either)
    if (info === undefined) break
    opened?.(info.num_pending)
    const consumer = bus.js.consumers.getConsumerFromInfo(info)
    const messages = await consumer.consume({
      max_bytes: ahead(bus),
      idle_heartbeat: HEARTBEAT_MS,
      bind: true,
    })
    const undo = stopWhen(bus, either, messages)
    let delivered = 0
    try {
      for await (const message of messages) {
        delivered += 1
        // A gap: start again after the last message.
        if (message.info.deliverySequence !== delivered) break
        if (from !== 'last-of-each') from = message.seq + 1
        yield message
      }
    } catch (error) {
      if (!isTransient(error)) throw error
    } finally {
      undo()
      await messages.close()
      // Not awaited: the server deletes an unused consumer after a while anyway.
      consumer.delete().catch(() => {})
    }
  }
  if (bus.closed.aborted && !signal?.aborted) throw bus.closed.reason
}

/** Bytes instead of messages: many large messages would delay everything else on the connection. */
function ahead({ connection }: Bus): number {
  return Math.max(AHEAD_BYTES, 2 * (connection.info?.max_payload ?? 0))
}

function stopWhen(bus: Bus, signal: AbortSignal, messages: ConsumerMessages): () => void {
  const stop = () => messages.stop()
  signal.addEventListener('abort', stop, { once: true })
  const removers = [bus.link.onReconnect(stop), bus.link.onAuthFailed(stop)]
  void stopWhenSilent(messages)
  if (signal.aborted) stop()
  return () => {
    signal.removeEventListener('abort', stop)
    for (const remove of removers) remove()
  }
}

/**
 * In a cluster, the consumer may be on a server that died while the connection is up. The client would pull from that
 * consumer without an end.
 */
async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) if (type === 'heartbeats_missed') messages.stop()
}

/** @returns undefined if aborted meanwhile */
async function openConsumer(
  bus: Bus,
  source: Source,
  signal: AbortSignal,
): Promise<ConsumerInfo | undefined> {
  const { stream, subject, from } = source
  const config = (): Partial<ConsumerConfig> => ({
    // Nobody can guess the name: a user that knows it may pull from the consumer. Each attempt takes a new name,
    // because a cluster keeps a consumer on a dead server as long as its name is requested.
    name: `follow_${randomUUID()}`,
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(INACTIVE_MS),
    ...startAt(from),
  })
  try {
    return await persist(bus, `following ${subject}`, signal, () => bus.jsm.consumers.add(stream, config()))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function startAt(from: Source['from']): Partial<ConsumerConfig> {
  if (from === 'new') return { deliver_policy: DeliverPolicy.New }
  if (from === 'last-of-each') return { deliver_policy: DeliverPolicy.LastPerSubject }
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
}
