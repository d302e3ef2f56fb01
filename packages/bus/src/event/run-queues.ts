/** Bytes of text that wait in memory. Beyond it, the longest queue keeps only sequences and reads its messages again. */
export const MAX_WAITING_BYTES = 32 * 1024 * 1024
/** Messages that wait. With more, nothing is read until some are done. */
export const MAX_WAITING = 1_000_000
/** Messages whose text the longest queue keeps: those that it needs next. */
const KEPT = 256

/** A message of JOURNAL that waits until its events are published. */
export interface WaitingMessage {
  sequence: number
  writer: string
  task: string
  text: string
  /** When the server stored it, Unix milliseconds. */
  storedAt: number
}

/** The messages of one run, in order. */
export class RunQueue {
  readonly run: string
  readonly #messages: WaitingMessage[] = []
  #taken = 0
  /** Sequences of the messages after those. */
  #later: number[] = []
  #laterTaken = 0
  /** The lowest sequence that is not done. */
  first: number
  bytes = 0

  constructor(run: string, first: number) {
    this.run = run
    this.first = first
  }

  /** Messages that wait, with or without their text. */
  get length(): number {
    return this.#messages.length - this.#taken + this.#later.length - this.#laterTaken
  }

  /** @returns the bytes that it keeps */
  add(message: WaitingMessage): number {
    if (this.#later.length > this.#laterTaken) {
      this.#later.push(message.sequence)
      return 0
    }
    this.#messages.push(message)
    this.bytes += message.text.length
    return message.text.length
  }

  /** The next message. Undefined if there is none, or if its text is not here: see {@link missing}. */
  shift(): WaitingMessage | undefined {
    const message = this.#messages[this.#taken]
    if (message === undefined) return undefined
    this.#taken += 1
    this.bytes -= message.text.length
    if (this.#taken === this.#messages.length || this.#taken >= 1_024) {
      this.#messages.splice(0, this.#taken)
      this.#taken = 0
    }
    return message
  }

  /** Sequence of the next message. Undefined if none waits. */
  get next(): number | undefined {
    return this.#messages[this.#taken]?.sequence ?? this.#later[this.#laterTaken]
  }

  /** Takes the sequences of the next messages, whose texts are not here. */
  missing(count: number): number[] {
    if (this.#taken < this.#messages.length) return []
    const sequences = this.#later.slice(this.#laterTaken, this.#laterTaken + count)
    this.#laterTaken += sequences.length
    if (this.#laterTaken === this.#later.length || this.#laterTaken >= 65_536) {
      this.#later = this.#later.slice(this.#laterTaken)
      this.#laterTaken = 0
    }
    return sequences
  }

  /** Forgets the texts of all messages but the next ones. @returns the bytes that this frees */
  shed(): number {
    const shed = this.#messages.splice(this.#taken + KEPT)
    const later = this.#later.slice(this.#laterTaken)
    this.#later = shed.map(({ sequence }) => sequence).concat(later)
    this.#laterTaken = 0
    const freed = shed.reduce((sum, { text }) => sum + text.length, 0)
    this.bytes -= freed
    return freed
  }
}

/** A queue for each run. Runs take turns, so that a run with many messages delays no other. */
export class RunQueues {
  readonly #maxBytes: number
  readonly #queues = new Map<string, RunQueue>()
  /** Runs that wait for their turn, the next one first. */
  readonly #ready = new Set<RunQueue>()
  #bytes = 0
  /** Messages that wait. */
  length = 0
  /** Every message up to this one was added or needs no event. */
  last: number

  constructor(last: number, maxBytes: number) {
    this.last = last
    this.#maxBytes = maxBytes
  }

  /** Runs that wait for their turn. */
  get ready(): number {
    return this.#ready.size
  }

  /** Bytes of text that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Every message up to this one is done. */
  get position(): number {
    let position = this.last
    for (const { first } of this.#queues.values()) position = Math.min(position, first - 1)
    return position
  }

  add(run: string, message: WaitingMessage): void {
    this.length += 1
    let queue = this.#queues.get(run)
    if (queue === undefined) {
      queue = new RunQueue(run, message.sequence)
      this.#queues.set(run, queue)
      this.#ready.add(queue)
    }
    this.#bytes += queue.add(message)
    if (this.#bytes > this.#maxBytes) this.#shed()
  }

  /** The run whose turn it is; undefined if none waits. Call {@link finish} after the turn. */
  next(): RunQueue | undefined {
    for (const queue of this.#ready) {
      this.#ready.delete(queue)
      return queue
    }
    return undefined
  }

  /** Takes a run's next message. */
  shift(queue: RunQueue): WaitingMessage | undefined {
    const message = queue.shift()
    if (message === undefined) return undefined
    this.#bytes -= message.text.length
    this.length -= 1
    return message
  }

  /** Takes the sequences of a run's next messages, whose texts were not kept. */
  missing(queue: RunQueue, count: number): number[] {
    const sequences = queue.missing(count)
    this.length -= sequences.length
    return sequences
  }

  /** Ends a run's turn: the messages that it took are done. */
  finish(queue: RunQueue): void {
    const { next } = queue
    if (next === undefined) this.#queues.delete(queue.run)
    else {
      queue.first = next
      this.#ready.add(queue)
    }
  }

  #shed(): void {
    let longest: RunQueue | undefined
    for (const queue of this.#queues.values()) if (queue.bytes > (longest?.bytes ?? -1)) longest = queue
    this.#bytes -= longest?.shed() ?? 0
  }
}
