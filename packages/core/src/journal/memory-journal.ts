import { FencedError, type Journal, type JournalRecord } from '@bailiwick/contract'

/** A journal in memory, with a fence like the real one. */
export class MemoryJournal implements Journal {
  readonly records: JournalRecord[]
  #position = 0

  constructor(records: JournalRecord[]) {
    this.records = records
  }

  /** Another instance over the same records. */
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
        `expected the journal to end at record ${this.#position}, found ${this.records.length} records: another writer has taken over`,
      )
    }
    this.records.push(...records)
    this.#position = this.records.length
  }
}

/** A journal in memory that starts with these records. */
export function memoryJournal(records: readonly JournalRecord[] = []): MemoryJournal {
  return new MemoryJournal([...records])
}
