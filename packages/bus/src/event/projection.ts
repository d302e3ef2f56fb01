import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '@bailiwick/contract'
import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { eventSubject } from '../protocol/cloud-event.ts'
import { STREAMS } from '../protocol/places.ts'
import { projectEvents } from '../protocol/project-events.ts'
import { parseJournalSubject, SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { checkSize } from '../publish/publish-durably.ts'
import { publishOnce } from '../publish/publish-once.ts'
import type { Mark } from '../streams/find-loss.ts'
import { followStream } from '../streams/follow-stream.ts'
import { getStored } from '../streams/stored-messages.ts'
import { AppendOrigins } from './append-origins.ts'
import { epochOf, type Progress } from './checkpoint.ts'
import { type Lease, RENEW_MS } from './lease.ts'
import type { PublishedIds } from './published-ids.ts'
import { ReadAhead } from './read-ahead.ts'
import type { Resumed } from './resume-progress.ts'
import { MAX_WAITING, type RunQueue, RunQueues, type WaitingMessage } from './run-queues.ts'

/** Runs whose events are published at the same time. */
const MAX_TURNS = 8
/** Events of a turn. The more runs wait, the shorter their turns, so that all of them come round soon. */
const MAX_TURN = 256
const MIN_TURN = 16
/** Events of one turn of each waiting run, as long as that leaves `MIN_TURN` for each. */
const ROUND = 512
/** Bytes of messages after which a turn ends. */
const MAX_TURN_BYTES = 1024 * 1024
/** Messages to read again in a turn: those that did not fit into memory. */
const MAX_REREAD = 128
/** How long to wait for `stored` before the lease is renewed without it, milliseconds. */
const STORED_MS = 500
/** Messages that wait to be read. With more, new runs are read ahead of them. */
const MAX_BEHIND = 1_000
/** Flooded journals to remember. */
const MAX_REMEMBERED = 10_000
/** Pairs of sequences to remember for checkpoints. */
const MAX_MARKS = 1_000

const JOURNAL = { stream: STREAMS.journal, subject: SUBJECTS.journal('*', '*', '*') }

/** Options of {@link Projection}. */
export interface ProjectionOptions {
  signal: AbortSignal
  stored: (() => Promise<number>) | undefined
  note(line: string): void
  /** Bytes of text that wait in memory. */
  maxBytes: number
}

/** Publishes events while this coordinator holds the lease and the connection does not break. */
export class Projection {
  readonly #bus: Bus
  readonly #lease: Lease
  readonly #options: ProjectionOptions
  readonly #published: PublishedIds
  readonly #queues: RunQueues
  readonly #ended = new AbortController()
  readonly #foreign = new Bursts()
  /** The same for messages as they are read, which is long before their turn. */
  readonly #unwritten = new Bursts()
  readonly #origins: AppendOrigins
  readonly #signal: AbortSignal
  #failure: unknown
  #progress: Progress
  #turns = 0
  #seen: Mark | undefined
  #ahead: ReadAhead | undefined
  /** Resolves the wait of the reader for room. */
  #roomMade: (() => void) | undefined
  /** The highest sequence in EVENT that was acknowledged. */
  #acked: number
  /** Events of messages after `read` have sequences after `acked`. Oldest first. */
  #marks: { read: number; acked: number }[]
  #stored: number
  #storing: Promise<void> | undefined

  constructor(
    bus: Bus,
    lease: Lease,
    { progress, published, eventEnd }: Resumed,
    options: ProjectionOptions,
  ) {
    this.#bus = bus
    this.#lease = lease
    this.#options = options
    this.#published = published
    this.#progress = progress
    this.#queues = new RunQueues(progress.position, options.maxBytes)
    this.#acked = eventEnd
    this.#marks = [{ read: progress.position, acked: progress.eventSequence }]
    this.#stored = options.stored === undefined ? Number.POSITIVE_INFINITY : progress.position
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal])
    this.#origins = new AppendOrigins(bus, this.#signal)
  }

  /** How far the events are published. */
  get progress(): Progress {
    return this.#progress
  }

  /**
   * Publishes until the connection breaks or the signal aborts.
   *
   * @throws LeaseLost; BusError as {@link persist}
   */
  async run(): Promise<void> {
    // What was in flight may be stored or not. The next projection compares.
    const remove = this.#bus.link.onDisconnect(() => this.#ended.abort())
    const removeRoom = onAbort(this.#signal, () => this.#roomMade?.())
    try {
      const parts = [this.#read(), this.#keepLease()]
      for (const part of parts) part.catch((error: unknown) => this.#fail(error))
      await Promise.allSettled(parts)
      if (this.#failure !== undefined) throw this.#failure
      this.#bus.closed.throwIfAborted()
    } finally {
      this.#ended.abort()
      remove()
      removeRoom()
      this.#update()
    }
  }

  #fail(error: unknown): void {
    if (this.#signal.aborted) return
    this.#failure = error
    this.#ended.abort()
  }

  /** Reads all messages in order. */
  async #read(): Promise<void> {
    const source = { ...JOURNAL, from: this.#progress.position + 1 }
    const lost = () => this.#ended.abort()
    for await (const message of followStream(this.#bus, source, this.#signal, undefined, lost)) {
      const { seq: sequence } = message
      this.#seen = { sequence, time: message.time.getTime() }
      if (!this.#ahead?.hasTaken(message)) this.#add(message)
      this.#queues.last = sequence
      const isBehind = message.info.pending > MAX_BEHIND
      if (this.#ahead === undefined && isBehind)
        this.#beginAhead(sequence + message.info.pending - MAX_BEHIND)
      else if (this.#ahead !== undefined && !isBehind && sequence >= this.#ahead.last) this.#endAhead()
      if (this.#queues.length >= MAX_WAITING && !this.#signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#roomMade = resolve
        })
      }
    }
    this.#endAhead()
  }

  #add(message: JsMsg): void {
    const address = parseJournalSubject(message.subject)
    // Skip messages that no writer published: a user can have a stored message delivered into the stream.
    if (address === undefined) return
    const { run, writer, task } = address
    // Of what no journal writes, one message of a burst is enough for an event. The others would only take time and memory.
    if (this.#unwritten.isRepeated(message.subject, !isJournalMessage(message.data))) return
    const storedAt = message.time.getTime()
    this.#queues.add(run, { sequence: message.seq, writer, task, storedAt, text: message.string() })
    this.#takeTurns()
  }

  /** So that a run that begins now need not wait until all messages before it were read. */
  #beginAhead(from: number): void {
    const ahead = new ReadAhead(this.#bus, () => this.#queues.last, this.#acked, this.#signal)
    this.#ahead = ahead
    ahead.read(from, (message) => this.#add(message)).catch((error: unknown) => this.#fail(error))
  }

  #endAhead(): void {
    this.#ahead?.[Symbol.dispose]()
    this.#ahead = undefined
  }

  #takeTurns(): void {
    while (this.#turns < MAX_TURNS && !this.#signal.aborted) {
      const queue = this.#queues.next()
      if (queue === undefined) return
      this.#turns += 1
      this.#turn(queue).then(
        () => {
          this.#turns -= 1
          this.#queues.finish(queue)
          this.#takeTurns()
          if (this.#queues.length < MAX_WAITING) this.#roomMade?.()
        },
        (error: unknown) => this.#fail(error),
      )
    }
  }

  /** Publishes the next events of a run, in order. */
  async #turn(queue: RunQueue): Promise<void> {
    const share = Math.floor(ROUND / (this.#queues.ready + 1))
    const size = Math.max(MIN_TURN, Math.min(MAX_TURN, share))
    const events: OutgoingEvent[] = []
    let bytes = 0
    let messages = 0
    // Messages without any event take time too.
    while (events.length < size && messages < 4 * size && bytes < MAX_TURN_BYTES) {
      const message = this.#queues.shift(queue)
      if (message === undefined) break
      events.push(...(await this.#project(queue.run, message)))
      bytes += message.text.length
      messages += 1
    }
    if (messages === 0) {
      for (const message of await this.#reread(this.#queues.missing(queue, MAX_REREAD))) {
        events.push(...(await this.#project(queue.run, message)))
      }
    }
    if (events.length > 0) await this.#publish(events)
  }

  /** Reads messages again that did not fit into memory. Leaves out those that were deleted since. */
  async #reread(sequences: readonly number[]): Promise<WaitingMessage[]> {
    const messages = await Promise.all(
      sequences.map(async (sequence) => {
        const message = await getStored(this.#bus, STREAMS.journal, { seq: sequence }, this.#signal)
        const address = message && parseJournalSubject(message.subject)
        if (message === undefined || address === undefined) return []
        const { writer, task } = address
        return [{ sequence, writer, task, storedAt: message.time.getTime(), text: message.string() }]
      }),
    )
    return messages.flat()
  }

  /** The events of a message that are not published yet. */
  async #project(
    run: string,
    { sequence, writer, task, storedAt, text }: WaitingMessage,
  ): Promise<OutgoingEvent[]> {
    const { records, setAside, foreign } = await resolveMessage(this.#bus, undefined, text)
    // Emit one event per burst of invalid messages: a host that floods its own journal must not flood the events.
    if (this.#foreign.isRepeated(SUBJECTS.journal(writer, run, task), foreign)) return []
    const append = {
      writer,
      run,
      task,
      sequence,
      records,
      setAside,
      foreign,
      epoch: epochOf(this.#progress.resets, sequence),
      ...(setAside.length > 0 && { storedAt }),
    }
    const events = projectEvents(append, await this.#origins.of(append))
    return events.flatMap(({ id, index, event }) => {
      if (this.#published.has(sequence, index)) return []
      const outgoing = { id, subject: eventSubject(event), payload: JSON.stringify(event), acked: false }
      return this.#fits(outgoing) ? [outgoing] : []
    })
  }

  #fits({ id, subject, payload }: OutgoingEvent): boolean {
    try {
      checkSize(this.#bus, subject, payload)
      return true
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.#options.note(`Event ${id} is left out. ${error.message}`)
      return false
    }
  }

  /** Publishes events, all at the same time, and again in the same order from the first that is not acknowledged. */
  async #publish(events: readonly OutgoingEvent[]): Promise<void> {
    let begun = 0
    await persist(this.#bus, 'publishing events', this.#signal, async (tries) => {
      this.#lease.check()
      while (events[begun]?.acked) begun += 1
      const timeoutMs = Math.min(2_000 * 2 ** tries, 20_000)
      const results = await Promise.allSettled(
        events.slice(begun).map(async (event) => {
          const { seq } = await publishOnce(this.#bus, event.subject, event.payload, {
            msgID: event.id,
            timeoutMs,
          })
          event.acked = true
          if (seq > this.#acked) this.#acked = seq
        }),
      )
      for (const result of results) if (result.status === 'rejected') throw result.reason
    })
  }

  async #keepLease(): Promise<void> {
    while (!this.#signal.aborted) {
      await sleep(RENEW_MS, undefined, { signal: this.#signal }).catch(() => {})
      if (this.#signal.aborted) return
      this.#lease.check()
      await this.#store()
      this.#update()
      await this.#lease.renew(this.#progress, this.#signal)
    }
  }

  /** Has the caller store what it derives, if that may move the checkpoint. */
  async #store(): Promise<void> {
    const { stored } = this.#options
    if (stored === undefined || this.#queues.position <= this.#stored) return
    this.#storing ??= stored().then(
      (sequence) => {
        this.#stored = sequence
        this.#storing = undefined
      },
      (error: unknown) => this.#fail(error),
    )
    // The lease must be renewed in any case.
    await Promise.race([this.#storing, sleep(STORED_MS, undefined, { signal: this.#signal }).catch(() => {})])
  }

  /** Takes into the checkpoint what was published. */
  #update(): void {
    const position = Math.max(this.#progress.position, Math.min(this.#queues.position, this.#stored))
    const isNew = this.#marks.at(-1)?.read !== this.#queues.last
    // Later messages that were read ahead may have events since then.
    const acked = this.#ahead?.acked ?? this.#acked
    if (isNew && this.#marks.length < MAX_MARKS) this.#marks.push({ read: this.#queues.last, acked })
    // Until then, events of later messages may have been published before.
    if (position >= this.#published.last) {
      const passed = this.#marks.findLastIndex(({ read }) => read <= position)
      if (passed > 0) this.#marks.splice(0, passed)
    }
    const eventSequence = this.#marks[0]?.acked ?? this.#progress.eventSequence
    this.#progress = {
      ...this.#progress,
      position,
      eventSequence,
      ...(this.#seen !== undefined && { seen: this.#seen }),
    }
  }
}

/** An event that is about to be published. */
interface OutgoingEvent {
  id: string
  subject: string
  payload: string
  acked: boolean
}

/** Journals whose last message no journal wrote. */
class Bursts {
  readonly #journals = new Set<string>()

  /** Whether the message before it was such a message too. */
  isRepeated(journal: string, foreign: boolean): boolean {
    if (!foreign) {
      this.#journals.delete(journal)
      return false
    }
    if (this.#journals.has(journal)) return true
    this.#journals.add(journal)
    const oldest = this.#journals.size > MAX_REMEMBERED ? this.#journals.keys().next().value : undefined
    if (oldest !== undefined) this.#journals.delete(oldest)
    return false
  }
}

/** Whether a journal of any version may have written it. */
function isJournalMessage(data: Uint8Array): boolean {
  return JOURNAL_BEGINS.every((byte, index) => data[index] === byte)
}

const JOURNAL_BEGINS = new TextEncoder().encode('{"v":')
