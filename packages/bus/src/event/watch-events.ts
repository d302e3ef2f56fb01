import { AsyncQueue, onAbort } from '@bailiwick/contract'
import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import type { CloudEvent } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { parseEventSubject, SUBJECTS } from '../protocol/subjects.ts'
import { readableOwner } from '../protocol/users.ts'
import { Slots } from '../queue/slots.ts'
import { followStream, type Gap } from '../streams/follow-stream.ts'
import { readStored } from '../streams/read-stored.ts'
import { parseEvent } from './follow-events.ts'

/** Watchers of one connection that read stored events at the same time, each with a consumer of its own. */
const MAX_CATCHING_UP = 4
/** Stored events that a watcher reads in one go, before others get their turn. */
const MAX_READ = 500
/** New events that wait for a slow watcher. With more, it reads them from the stream again. */
const MAX_WAITING = 1_000

/** An event and its place in the stream. */
interface Stored {
  sequence: number
  event: CloudEvent
}

/**
 * The events of a run from its beginning: stored ones, then new ones, without gaps or duplicates, until aborted. All
 * watchers of a connection share one reader of new events, however many there are: the server allows a user only so many
 * readers.
 *
 * @throws BusError `bus-auth` if the server no longer accepts the credentials
 * @example
 * for await (const { event } of watchEvents(bus, run)) console.log(event.type)
 */
export async function* watchEvents(
  bus: Bus,
  run: string,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<Stored> {
  const either = signal === undefined ? bus.closed : AbortSignal.any([signal, bus.closed])
  const feed = feedOf(bus)
  let next = 1
  while (!either.aborted) {
    // New events arrive here from before the stored ones are read, so that none is missed.
    using fresh = feed.listen(run, either)
    await orAborted(fresh.begun, either)
    for (;;) {
      const stored = either.aborted ? [] : await feed.read(run, next, either)
      for (const each of stored) {
        next = each.sequence + 1
        if (each.event !== undefined) yield { sequence: each.sequence, event: each.event }
      }
      if (stored.length < MAX_READ) break
    }
    for await (const each of fresh.events()) {
      if (each.sequence < next) continue
      next = each.sequence + 1
      yield each
    }
    // Too many events have waited, or the stream has lost some: continue with what is stored.
    next = Math.min(next, fresh.lostFrom)
  }
  if (bus.closed.aborted && !signal?.aborted) throw bus.closed.reason
}

/** Waits for a promise, or until aborted. */
async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const remove = onAbort(signal, aborted.resolve)
  try {
    if (!signal.aborted) await Promise.race([promise, aborted.promise])
  } finally {
    remove()
  }
}

const feeds = new WeakMap<Bus, EventFeed>()

function feedOf(bus: Bus): EventFeed {
  const known = feeds.get(bus) ?? new EventFeed(bus)
  feeds.set(bus, known)
  return known
}

/** Hands the new events of a connection to the watchers of their runs. Reads while there are watchers. */
class EventFeed {
  readonly #bus: Bus
  readonly #catchingUp = new Slots(MAX_CATCHING_UP)
  readonly #watchers = new Map<string, Set<Fresh>>()
  #reader: { begun: Promise<void>; ended: AbortController } | undefined

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Collects the new events of a run until disposed or aborted. */
  listen(run: string, signal: AbortSignal): Fresh {
    const reader = this.#reader ?? this.#open()
    this.#reader = reader
    const fresh: Fresh = new Fresh(signal, reader.begun, () => {
      const others = this.#watchers.get(run)
      others?.delete(fresh)
      if (others?.size === 0) this.#watchers.delete(run)
      if (this.#watchers.size === 0) this.#close()
    })
    this.#watchers.set(run, (this.#watchers.get(run) ?? new Set()).add(fresh))
    return fresh
  }

  /** Some stored events of a run. A message that is no event has none. */
  async read(
    run: string,
    fromSequence: number,
    signal: AbortSignal,
  ): Promise<{ sequence: number; event: CloudEvent | undefined }[]> {
    const taken = this.#catchingUp.take()
    await orAborted(taken, signal)
    const read: { sequence: number; event: CloudEvent | undefined }[] = []
    try {
      const where = { stream: STREAMS.event, subject: this.#subject(run), fromSequence }
      for await (const message of readStored(this.#bus, where, signal)) {
        read.push({ sequence: message.seq, event: parseEvent(message.string()) })
        if (read.length === MAX_READ) break
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      void taken.then(() => this.#catchingUp.give())
    }
    return read
  }

  #open(): { begun: Promise<void>; ended: AbortController } {
    const begun = Promise.withResolvers<void>()
    begun.promise.catch(() => {})
    const ended = new AbortController()
    const reader = { begun: begun.promise, ended }
    const forget = () => {
      if (this.#reader === reader) this.#reader = undefined
    }
    const read = async () => {
      const source = { stream: STREAMS.event, subject: this.#subject('*'), from: 'new' } as const
      const opened = () => begun.resolve()
      for await (const message of followStream(this.#bus, source, ended.signal, opened, (gap) =>
        this.#lose(gap),
      )) {
        this.#deliver(message)
      }
      begun.resolve()
    }
    read().catch((error: unknown) => {
      forget()
      begun.reject(error)
      for (const watchers of this.#watchers.values()) for (const fresh of watchers) fresh.fail(error)
    })
    ended.signal.addEventListener('abort', forget, { once: true })
    return reader
  }

  #close(): void {
    this.#reader?.ended.abort()
  }

  #deliver(message: JsMsg): void {
    const watchers = this.#watchers.get(parseEventSubject(message.subject)?.run ?? '')
    const event = watchers === undefined ? undefined : parseEvent(message.string())
    if (event === undefined) return
    for (const fresh of watchers ?? []) fresh.push({ sequence: message.seq, event })
  }

  /** The stream gives the sequences of lost events to other events, so every watcher reads those. */
  #lose({ from }: Gap): void {
    for (const watchers of this.#watchers.values()) for (const fresh of watchers) fresh.lose(from)
  }

  #subject(run: string): string {
    return SUBJECTS.event('*', '*', readableOwner(this.#bus), run)
  }
}

/** New events of a run that wait for one watcher. */
class Fresh implements Disposable {
  /** Resolves when every event from now on arrives here. */
  readonly begun: Promise<void>
  /** The stream has lost the events from this sequence on. */
  lostFrom = Number.POSITIVE_INFINITY
  readonly #queue: AsyncQueue<Stored>
  readonly #leave: () => void
  #waiting = 0

  constructor(signal: AbortSignal, begun: Promise<void>, leave: () => void) {
    this.#queue = new AsyncQueue(signal)
    this.begun = begun
    this.#leave = leave
  }

  push(event: Stored): void {
    this.#waiting += 1
    if (this.#waiting > MAX_WAITING) this.#queue.end()
    else this.#queue.push(event)
  }

  lose(from: number): void {
    this.lostFrom = from
    this.#queue.end()
  }

  fail(error: unknown): void {
    this.#queue.fail(error)
  }

  /** The events, until the watcher is too slow for them. */
  async *events(): AsyncGenerator<Stored> {
    for await (const event of this.#queue) {
      this.#waiting -= 1
      yield event
    }
  }

  [Symbol.dispose](): void {
    this.#queue.drain()
    this.#leave()
  }
}
