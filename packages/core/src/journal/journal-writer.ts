import type { Journal, JournalRecord } from '../contract/journal.ts'

/** How long a record waits for others that nobody is waiting for either, ms. */
const LINGER_MS = 2

/**
 * Group commit: one append under way at a time; what is written meanwhile, or shortly after another record,
 * goes out together. Whoever lets something leave the box awaits {@link flushed} first, which waits for
 * nothing but the append itself.
 */
export class JournalWriter {
  readonly #journal: Journal
  readonly #acknowledged: (record: JournalRecord) => void
  readonly #failed: (error: unknown) => void
  #queue: (JournalRecord | (() => void))[] = []
  #written = 0
  #done = 0
  #appending: Promise<void> | undefined
  #lingering: ReturnType<typeof setTimeout> | undefined
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

  /** Queues records. Returns at once; {@link flushed} tells when they are durable. */
  write(...records: readonly JournalRecord[]): void {
    this.#add(records)
  }

  /** Calls back in its place among the records: when all that was written before is durable. */
  whenFlushed(done: () => void): void {
    if (this.#done === this.#written && this.#error === undefined) done()
    else this.#add([done])
  }

  #add(entries: readonly (JournalRecord | (() => void))[]): void {
    this.#queue.push(...entries)
    this.#written += entries.length
    if (this.#appending === undefined && this.#error === undefined) {
      this.#lingering ??= setTimeout(() => this.#begin(), LINGER_MS)
    }
  }

  #begin(): void {
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    if (this.#appending === undefined && this.#error === undefined) void this.#drain()
  }

  /**
   * Resolves when everything written before this call is acknowledged; later records are not waited for.
   *
   * @throws whatever the append threw, FencedError above all: nothing may leave the box any more.
   */
  async flushed(): Promise<void> {
    const target = this.#written
    if (this.#done < target) this.#begin()
    while (this.#error === undefined && this.#done < target) await this.#appending
    if (this.#error !== undefined) throw this.#error.cause
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#error === undefined) {
      this.#appending = this.#append()
      await this.#appending
    }
    this.#appending = undefined
  }

  async #append(): Promise<void> {
    await Promise.resolve() // What is written in one tick is one append.
    const entries = this.#queue
    this.#queue = []
    try {
      const records = entries.filter((entry) => typeof entry !== 'function')
      if (records.length > 0) await this.#journal.append(records)
      this.#done += entries.length
      for (const entry of entries) typeof entry === 'function' ? entry() : this.#acknowledged(entry)
    } catch (cause) {
      this.#error = { cause }
      this.#failed(cause)
    }
  }
}
