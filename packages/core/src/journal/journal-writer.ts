import type { Journal, JournalRecord, RecordOf } from '@bailiwick/contract'
import { linger, lingerNoMore } from './linger.ts'

/** How long leaving a task waits for its last record, ms. */
const LEAVE_MS = 1_000

/** Somebody who waits for what was written before, in its place among the records. */
class Waiter {
  readonly done: () => void
  readonly failed: (cause: unknown) => void

  constructor(done: () => void, failed: (cause: unknown) => void = () => {}) {
    this.done = done
    this.failed = failed
  }
}

/**
 * Group commit: one append under way at a time; what is written meanwhile, or shortly after another record,
 * goes out together. Whoever lets something leave the box awaits {@link flushed} first, which waits for
 * nothing but the append itself.
 */
export class JournalWriter {
  readonly #journal: Journal
  readonly #acknowledged: (record: JournalRecord) => void
  readonly #failed: (error: unknown) => void
  #queue: (JournalRecord | Waiter)[] = []
  #appending = false
  readonly #due = () => this.#begin()
  #error: { cause: unknown } | undefined

  /**
   * @param acknowledged hears of each record, in order, once it is durable
   * @param failed hears of the first append that fails; nothing is appended after it
   */
  constructor(
    journal: Journal,
    acknowledged: (record: JournalRecord) => void = () => {},
    failed: (error: unknown) => void = () => {},
  ) {
    this.#journal = journal
    this.#acknowledged = acknowledged
    this.#failed = failed
  }

  /** Queues a record. Returns at once; {@link flushed} tells when they are durable. */
  write(record: JournalRecord): void {
    this.#queue.push(record)
    if (!this.#appending && this.#error === undefined) linger(this.#due)
  }

  /** Calls back in its place among the records: when all that was written before is durable; never after a failure. */
  whenFlushed(done: () => void): void {
    if (this.#idle()) done()
    else if (this.#error === undefined) this.#queue.push(new Waiter(done))
  }

  /**
   * Resolves when everything written before this call is acknowledged; later records are not waited for.
   *
   * @throws whatever the append threw, FencedError above all: nothing may leave the box any more.
   */
  flushed(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error.cause)
    if (this.#idle()) return Promise.resolve()
    return new Promise((done, failed) => {
      this.#queue.push(new Waiter(done, failed))
      this.#begin()
    })
  }

  /** Writes the record that says the task was left, and waits for it a moment: leaving waits for nobody. */
  async leave(last: RecordOf<'task.suspended'>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, LEAVE_MS)
    this.write(last)
    // Where the task was taken over meanwhile, or the journal fails, the reason for leaving counts.
    await Promise.race([this.flushed().catch(() => {}), late])
    clearTimeout(timer)
  }

  #idle(): boolean {
    return this.#queue.length === 0 && !this.#appending && this.#error === undefined
  }

  #begin(): void {
    lingerNoMore(this.#due)
    if (this.#appending || this.#queue.length === 0 || this.#error !== undefined) return
    this.#appending = true
    void this.#appendAll()
  }

  async #appendAll(): Promise<void> {
    await undefined // What is written in one tick is one append.
    for (let entries = this.#take(); entries.length > 0; entries = this.#take()) {
      const records = entries.filter((entry): entry is JournalRecord => !(entry instanceof Waiter))
      try {
        if (records.length > 0) await this.#journal.append(records)
        for (const entry of entries) entry instanceof Waiter ? entry.done() : this.#acknowledged(entry)
      } catch (cause) {
        this.#error = { cause }
        for (const entry of [...entries, ...this.#take()]) if (entry instanceof Waiter) entry.failed(cause)
        this.#failed(cause)
        break
      }
    }
    this.#appending = false
  }

  #take(): (JournalRecord | Waiter)[] {
    const entries = this.#queue
    this.#queue = []
    return entries
  }
}
