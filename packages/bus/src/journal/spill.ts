import { randomUUID } from 'node:crypto'
import { JournalError } from '@bailiwick/contract'
import { digest, objectBucket, readObject } from '../artifact/object-store.ts'
import type { Bus } from '../connect/bus.ts'
import type { Spilled } from '../protocol/journal-message.ts'
import { journalBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'

/** Stores the text of a large append or reply in the writer's journal bucket. */
export async function spillRecords(
  bus: Bus,
  journal: { writer: string; run: string; task: string },
  records: string,
): Promise<Spilled> {
  const bytes = Buffer.from(records)
  const key = `${journal.run}/${journal.task}/${randomUUID()}`
  await persist(bus, 'storing a large journal message', undefined, async () => {
    const bucket = await objectBucket(bus, journalBucket(journal.writer))
    await bucket.putBlob({ name: key }, bytes)
  })
  return { key, size: bytes.length, sha256: digest(bytes) }
}

/** Reads the text that was spilled. @throws JournalError if it is gone or differs */
export async function readSpilled(bus: Bus, writer: string, spilled: Spilled): Promise<string> {
  const { key, size, sha256 } = spilled
  const expected = { bucket: journalBucket(writer), key, sha256 }
  const read = await readObject(bus, expected, 'reading a large journal message')
  if ('bytes' in read) return Buffer.from(read.bytes).toString('utf8')
  throw new JournalError(`Part of the journal (${key} of ${writer}, ${size} bytes) ${read.problem}.`)
}
