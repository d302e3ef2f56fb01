import type { Journal, JournalRecord } from '../contract/journal.ts'

/**
 * Group commit over a journal: one append is in flight at a time, and what is written meanwhile goes
 * into the next one, in order. After a failed append (a fence, a broken connection) every later write
 * and wait fails with the same error: state that follows from a lost record must not leave the process.
 */
export class JournalWriter {
  readonly #journal: Journal
  readonly #acknowledged: (record: JournalRecord) => void
  #queue: JournalRecord[] = []
  #inFlight: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  /** @param acknowledged called for each record in order, once it is durable */
  constructor(journal: Journal, acknowledged: (record: JournalRecord) => void = () => {}) {
    this.#journal = journal
    this.#acknowledged = acknowledged
  }

  /** Queues records. Returns at once; {@link flushed} tells when they are durable. */
  write(...records: JournalRecord[]): void {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#queue.push(...records)
    this.#inFlight ??= this.#drain()
  }

  /** Resolves when everything written before this call is acknowledged. */
  async flushed(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #drain(): Promise<void> {
    // Writes of one tick go together.
    await Promise.resolve()
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue
        this.#queue = []
        await this.#journal.append(batch)
        for (const record of batch) this.#acknowledged(record)
      }
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#inFlight = undefined
    }
  }
}
