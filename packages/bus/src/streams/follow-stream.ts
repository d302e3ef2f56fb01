import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
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

/** How often to ask the servers of a cluster whether messages are missing, and the pause between. Milliseconds. */
const CLUSTER_TRIES = 5
const CLUSTER_PAUSE_MS = 1_000

/** Messages that a stream has lost: the first and the last sequence that are known to be gone. */
export interface Gap {
  from: number
  to: number
}

/** What to follow, and where to begin. */
export interface Source {
  stream: string
  subject: string | readonly string[]
  /** A sequence; `new` for messages from now on; or the last message of each subject, and then new ones. */
  from: number | 'new' | 'last-of-each'
}

/**
 * Every message of a stream on these subjects, in order and without gaps, until aborted. A restart of the server is
 * only a pause.
 *
 * The client's own ordered consumer notices a restart by missed heartbeats, which takes half a minute, and reads the
 * stream's information, which lists the subjects of all users. This one restarts after the last message as soon as
 * the connection is back, and needs no right but to create a consumer on this subject.
 *
 * If the stream has lost its end (a damaged file, an older backup), the server gives the lost sequences to other messages.
 * Then this continues with the first of those. So after a break it reads its last message again, to see whether it is
 * still the same one.
 *
 * @param opened is called with the number of stored messages, each time a consumer is created
 * @param lost is called if the stream has lost messages that it once had
 * @throws BusError `bus-auth` if the server no longer accepts the credentials
 */
export async function* followStream(
  bus: Bus,
  source: Source,
  signal?: AbortSignal,
  opened?: (pending: number) => void,
  lost?: (gap: Gap) => void,
): AsyncGenerator<JsMsg> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  let { from } = source
  /** The time of the last message, whose sequence is `from - 1`. Undefined before the first. */
  let lastNanos: number | undefined
  /** Every message before `from` was stored before this time of the server. Undefined if unknown. */
  let since: Date | undefined
  while (!either.aborted) {
    const again = typeof from === 'number' && lastNanos !== undefined
    const info = await openConsumer(bus, { ...source, from: again ? Number(from) - 1 : from }, either)
    if (info === undefined) break
    if (from === 'new') {
      // A consumer that is created after a break must not skip what was published meanwhile.
      from = info.delivered.stream_seq + 1
      since = new Date(info.created)
    }
    let gap: Gap | undefined
    if (typeof from === 'number' && info.num_pending === 0)
      gap = await lostTail(bus, source, from, since, either)
    if (!again || info.num_pending === 0) opened?.(info.num_pending)
    const consumer = bus.js.consumers.getConsumerFromInfo(info)
    const messages = await consumer.consume({
      max_bytes: ahead(bus),
      idle_heartbeat: HEARTBEAT_MS,
      bind: true,
    })
    const undo = stopWhen(bus, either, messages)
    let delivered = 0
    try {
      if (gap !== undefined) messages.stop()
      for await (const message of messages) {
        delivered += 1
        // The server skipped a message: start again after the last one.
        if (message.info.deliverySequence !== delivered) break
        const nanos = message.info.timestampNanos
        if (again && delivered === 1) {
          const isLast = message.seq === Number(from) - 1
          if (isLast && nanos !== lastNanos) {
            gap = { from: await firstAfter(bus, source, timeOf(Number(lastNanos)), either), to: message.seq }
            break
          }
          opened?.(info.num_pending - (isLast ? 1 : 0))
          if (isLast) continue
        }
        if (from !== 'last-of-each') {
          from = message.seq + 1
          lastNanos = nanos
        }
        yield message
      }
    } catch (error) {
      if (!isTransient(error)) throw error
    } finally {
      if (lastNanos !== undefined) since = timeOf(lastNanos)
      undo()
      await messages.close()
      // Not awaited: the server deletes an unused consumer after a while anyway.
      consumer.delete().catch(() => {})
    }
    if (gap === undefined || either.aborted) continue
    from = gap.from
    lastNanos = undefined
    lost?.(gap)
  }
  if (bus.closed.aborted && !signal?.aborted) throw bus.closed.reason
}

/** What the stream has lost, if `from` is beyond the message that it will store next. A consumer would wait for it. */
async function lostTail(
  bus: Bus,
  source: Source,
  from: number,
  since: Date | undefined,
  signal: AbortSignal,
): Promise<Gap | undefined> {
  // In a cluster, the server that replies may not have caught up with the others yet.
  const tries = bus.connection.info?.cluster === undefined ? 1 : CLUSTER_TRIES
  for (let tried = 1; ; tried += 1) {
    const next = await whereBegins(bus, { ...source, from: 'new' }, signal)
    if (next === undefined || next >= from) return undefined
    if (tried < tries) await sleep(CLUSTER_PAUSE_MS, undefined, { signal }).catch(() => {})
    // Some of the lost sequences may already belong to new messages.
    else if (since === undefined) return { from: next, to: from - 1 }
    else return { from: await firstAfter(bus, source, since, signal), to: from - 1 }
  }
}

/** The sequence of the first message from a time on, or of the next one that the stream will store. */
async function firstAfter(bus: Bus, source: Source, time: Date, signal: AbortSignal): Promise<number> {
  return (await whereBegins(bus, { ...source, from: time }, signal)) ?? 1
}

/** The first millisecond after a message. */
function timeOf(nanos: number): Date {
  return new Date(Math.floor(nanos / 1e6) + 1)
}

/** The sequence with which a consumer begins. Undefined if aborted meanwhile. */
async function whereBegins(
  bus: Bus,
  source: Omit<Source, 'from'> & { from: Source['from'] | Date },
  signal: AbortSignal,
): Promise<number | undefined> {
  const info = await openConsumer(bus, source, signal)
  if (info === undefined) return undefined
  bus.jsm.consumers.delete(source.stream, info.name).catch(() => {})
  return info.delivered.stream_seq + 1
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
  source: Omit<Source, 'from'> & { from: Source['from'] | Date },
  signal: AbortSignal,
): Promise<ConsumerInfo | undefined> {
  const { stream, from } = source
  const subjects = [source.subject].flat()
  const [subject = '', other] = subjects
  const config = (): Partial<ConsumerConfig> => ({
    // Nobody can guess the name: a user that knows it may pull from the consumer. Each attempt takes a new name,
    // because a cluster keeps a consumer on a dead server as long as its name is requested.
    name: `follow_${randomUUID()}`,
    // Only the single filter is in the subject of the request, where the server checks the rights of a host.
    ...(other === undefined ? { filter_subject: subject } : { filter_subjects: subjects }),
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(INACTIVE_MS),
    ...startAt(from),
  })
  try {
    return await persist(bus, `following ${subjects.join(', ')}`, signal, () =>
      bus.jsm.consumers.add(stream, config()),
    )
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function startAt(from: Source['from'] | Date): Partial<ConsumerConfig> {
  if (from instanceof Date)
    return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() }
  if (from === 'new') return { deliver_policy: DeliverPolicy.New }
  if (from === 'last-of-each') return { deliver_policy: DeliverPolicy.LastPerSubject }
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
}
