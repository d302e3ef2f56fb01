import type { Journal, JournalRecord, RecordOf } from '@bailiwick/contract'

/** If no caller waits for a record, it is appended after this time, together with later ones, ms. */
const BATCH_MS = 10

/** {@link JournalWriter.suspend} waits at most this long for its record, ms. */
const MAX_SUSPEND_MS = 1_000

/** The appends that start at the next timer. All tasks of a process share one timer, because timers are expensive. */
const scheduled = new Set<() => void>()
let timerSet = false

function schedule(append: () => void): void {
  scheduled.add(append)
  if (timerSet) return
  timerSet = true
  setTimeout(() => {
    timerSet = false
    const due = [...scheduled]
    scheduled.clear()
    for (const one of due) one()
  }, BATCH_MS)
}

/** A caller that waits until all earlier records are durable. Has its place among the records. */
class Waiter {
  readonly done: () => void
  readonly failed: (cause: unknown) => void

  constructor(done: () => void, failed: (cause: unknown) => void = () => {}) {
    this.done = done
    this.failed = failed
  }
}

/**
 * Appends records in groups: one append at a time, and records that are written meanwhile, or shortly after another
 * record, go out together. Await {@link flushed} before anything leaves the process; it does not wait for the group
 * to fill.
 */
export class JournalWriter {
  readonly #journal: Journal
  readonly #acknowledged: (record: JournalRecord) => void
  readonly #failed: (error: unknown) => void
  #queue: (JournalRecord | Waiter)[] = []
  #appending = false
  readonly #append = () => this.#begin()
  #error: { cause: unknown } | undefined

  /**
   * @param acknowledged receives each record, in order, once it is durable
   * @param failed receives the error of the first append that fails; the writer appends nothing after it
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

  /** Queues a record and returns at once. */
  write(record: JournalRecord): void {
    this.#queue.push(record)
    if (!this.#appending && this.#error === undefined) schedule(this.#append)
  }

  /** Calls back once all earlier records are durable, before later ones are acknowledged. Never after a failure. */
  whenFlushed(done: () => void): void {
    if (this.#idle()) done()
    else if (this.#error === undefined) this.#queue.push(new Waiter(done))
  }

  /**
   * Resolves when every record that was written before this call is durable.
   *
   * @throws the error of the append, for example FencedError: nothing may leave the process any more
   */
  flushed(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error.cause)
    if (this.#idle()) return Promise.resolve()
    return new Promise((done, failed) => {
      this.#queue.push(new Waiter(done, failed))
      this.#begin()
    })
  }

  /** Writes the last record of a suspended task, and waits for it at most a second. Never rejects. */
  async suspend(last: RecordOf<'task.suspended'>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, MAX_SUSPEND_MS)
    this.write(last)
    // If the journal fails now, the caller still reports why the task was suspended.
    await Promise.race([this.flushed().catch(() => {}), late])
    clearTimeout(timer)
  }

  #idle(): boolean {
    return this.#queue.length === 0 && !this.#appending && this.#error === undefined
  }

  #begin(): void {
    scheduled.delete(this.#append)
    if (this.#appending || this.#queue.length === 0 || this.#error !== undefined) return
    this.#appending = true
    void this.#appendAll()
  }

  async #appendAll(): Promise<void> {
    await undefined // Records that are written in one tick go out in one append.
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
