import { FencedError, type Journal, type JournalRecord } from '@bailiwick/contract'

/** A journal in memory, fenced like the real one: `writer()` gives another instance over the same records. */
export class MemoryJournal implements Journal {
  readonly records: JournalRecord[]
  #position = 0

  constructor(records: JournalRecord[]) {
    this.records = records
  }

  /** Another writer of the same journal. */
  writer(): MemoryJournal {
    return new MemoryJournal(this.records)
  }

  async *read(): AsyncIterable<JournalRecord> {
    const records = [...this.records]
    this.#position = records.length
    yield* records
  }

  async append(records: JournalRecord[]): Promise<void> {
    if (this.records.length !== this.#position) {
      throw new FencedError(
        `the journal is at ${this.records.length} records, this writer at ${this.#position}: somebody else took over`,
      )
    }
    this.records.push(...records)
    this.#position = this.records.length
  }
}

/** A journal in memory that begins with these records. */
export function memoryJournal(records: readonly JournalRecord[] = []): MemoryJournal {
  return new MemoryJournal([...records])
}
