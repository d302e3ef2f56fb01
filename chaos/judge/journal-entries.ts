import type { JournalMessage, JournalRecord } from './evidence.ts'

/** A record with its place. */
export interface Entry {
  /** `<sequence>.<index>`, which is also its event's id. */
  id: string
  sequence: number
  writer: string
  run: string
  task: string
  record: JournalRecord
}

/** Every record of the journals in the order of the stream. Messages that are no appends are left out. */
export function journalEntries(journal: readonly JournalMessage[]): Entry[] {
  return journal.flatMap(({ sequence, subject, records = [] }) => {
    const [, , kind, writer = '', run = '', task = ''] = subject.split('.')
    if (kind !== 'journal') return []
    return records.map((record, index) => ({
      id: `${sequence}.${index}`,
      sequence,
      writer,
      run,
      task,
      record,
    }))
  })
}
