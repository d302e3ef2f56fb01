import { randomUUID } from 'node:crypto'
import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  type OrderedConsumerOptions,
} from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { isTransient } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'

/** After which the server forgets a reader that nobody reads from. One that was stopped for longer begins anew. */
const INACTIVE_MS = 60_000

/** How often the server says that it still has a reader. After three times without it has died. */
const HEARTBEAT_MS = 2_000

/** What is on its way to a reader at most; twice the largest message, where that is more. */
const AHEAD_BYTES = 2 * 1024 * 1024

/** What to follow, and from where on. */
export interface Source {
  stream: string
  subject: string
  /** A sequence; what comes from now on; or the last message of each subject, and then what comes. */
  from: number | 'new' | 'last-of-each'
}

/**
 * Every message of a stream on one subject, in order and without gaps, for ever; a restart of the server
 * is only a pause. Ends when aborted. @throws BusError `bus-auth` where the credentials are taken no more.
 *
 * The client's own ordered consumer notices a restart by missed heartbeats, which takes half a minute;
 * this one begins anew behind the last message as soon as the connection stands again.
 *
 * @param opened hears how many messages are stored already, each time the following begins.
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
    const consumer = await openConsumer(bus, { ...source, from }, either)
    if (consumer === undefined) break
    opened?.((await consumer.info(true)).num_pending)
    const messages = await consumer.consume({ max_bytes: ahead(bus), idle_heartbeat: HEARTBEAT_MS })
    const undo = stopWhen(bus, either, messages)
    try {
      for await (const message of messages) {
        if (from !== 'last-of-each') from = message.seq + 1
        yield message
      }
    } catch (error) {
      if (!isTransient(error)) throw error
    } finally {
      undo()
      await messages.close()
      // Not waited for: one that is not deleted now goes by itself after a while.
      consumer.delete().catch(() => {})
    }
  }
  if (bus.closed.aborted && !signal?.aborted) throw bus.closed.reason
}

/** By bytes: so many of the largest messages as of the smallest would be in the way of all else on the connection. */
function ahead({ connection }: Bus): number {
  return Math.max(AHEAD_BYTES, 2 * (connection.info?.max_payload ?? 0))
}

function stopWhen(bus: Bus, signal: AbortSignal, messages: ConsumerMessages): () => void {
  const stop = () => messages.stop()
  signal.addEventListener('abort', stop, { once: true })
  const forgets = [bus.link.onBack(stop), bus.link.onShutOut(stop)]
  void stopWhenSilent(messages)
  if (signal.aborted) stop()
  return () => {
    signal.removeEventListener('abort', stop)
    for (const forget of forgets) forget()
  }
}

/**
 * On a cluster the reader may have been on a server that died, while the connection stands. The client asks on for
 * that reader then, for ever.
 */
async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) if (type === 'heartbeats_missed') messages.stop()
}

/** Undefined when aborted meanwhile. */
async function openConsumer(bus: Bus, source: Source, signal: AbortSignal): Promise<Consumer | undefined> {
  const { stream, subject, from } = source
  const options = (): Partial<OrderedConsumerOptions> => ({
    // Unforeseeable: whoever knows a consumer's name may pull from it. Another for each attempt: a cluster that has
    // put one where a server has died leaves it there for as long as its name is asked for.
    name_prefix: `follow_${randomUUID()}`,
    filter_subjects: subject,
    inactive_threshold: INACTIVE_MS,
    ...startAt(from),
  })
  try {
    return await persist(bus, `following ${subject}`, signal, () => bus.js.consumers.get(stream, options()))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function startAt(from: Source['from']): Partial<OrderedConsumerOptions> {
  if (from === 'new') return { deliver_policy: DeliverPolicy.New }
  if (from === 'last-of-each') return { deliver_policy: DeliverPolicy.LastPerSubject }
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
}
