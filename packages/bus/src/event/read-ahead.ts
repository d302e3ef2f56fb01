import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { parseJournalSubject, SUBJECTS } from '../protocol/subjects.ts'
import { followStream } from '../streams/follow-stream.ts'
import { getStored } from '../streams/stored-messages.ts'

/**
 * Reads the newest messages of JOURNAL while the reader of all messages is far behind. Takes only runs of which that reader has
 * no message before it, so that the events of each run stay in order.
 */
export class ReadAhead implements Disposable {
  readonly #bus: Bus
  /** The last message that the reader of all messages has read. */
  readonly #position: () => number
  /** That message at the beginning. */
  readonly #after: number
  readonly #signal: AbortSignal
  readonly #ended = new AbortController()
  /** Runs by name, and whether they are taken. */
  readonly #runs = new Map<string, boolean>()
  /** The highest sequence of EVENT that was acknowledged at the beginning. */
  readonly acked: number
  /** Sequence of the last message that was read here; 0 before the first. */
  last = 0

  constructor(bus: Bus, position: () => number, acked: number, signal: AbortSignal) {
    this.#bus = bus
    this.#position = position
    this.#after = position()
    this.acked = acked
    this.#signal = AbortSignal.any([signal, this.#ended.signal])
  }

  /** Whether a message was taken here. */
  hasTaken(message: JsMsg): boolean {
    if (message.seq > this.last) return false
    const run = parseJournalSubject(message.subject)?.run
    return run !== undefined && this.#runs.get(run) === true
  }

  /** Gives the messages of new runs to `take`, from a sequence on, until disposed. */
  async read(from: number, take: (message: JsMsg) => void): Promise<void> {
    const source = { stream: STREAMS.journal, subject: SUBJECTS.journal('*', '*', '*'), from }
    for await (const message of followStream(this.#bus, source, this.#signal)) {
      const run = parseJournalSubject(message.subject)?.run
      if (run !== undefined && message.seq > this.#position()) {
        const isTaken = this.#runs.get(run) ?? (await this.#isNew(run, message.seq))
        if (this.#signal.aborted) return
        // The other reader may have come here meanwhile.
        if (message.seq > this.#position()) {
          this.#runs.set(run, isTaken)
          if (isTaken) take(message)
        }
      }
      this.last = message.seq
    }
  }

  async #isNew(run: string, sequence: number): Promise<boolean> {
    const query = { seq: this.#after + 1, next_by_subj: SUBJECTS.journal('*', run, '*') } as { seq: number }
    try {
      const first = await getStored(this.#bus, STREAMS.journal, query, this.#signal)
      return first === undefined || first.seq >= sequence
    } catch (error) {
      if (this.#signal.aborted) return false
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#ended.abort()
  }
}
