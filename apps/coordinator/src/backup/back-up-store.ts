import { BUCKETS, type Bus, kvStream, STREAMS, snapshotStream } from '@bailiwick/bus'
import { type BackedUpStream, BackupWriter } from './backup-file.ts'

/**
 * The streams of a backup, in this order, while others write:
 * - The checkpoint of the events comes first, so that summaries and events have at least what it promises.
 * - Events and bells come before the journals: an event or a bell without its record would be wrong, but a record
 *   without its event or its bell gets them from the next daemon.
 * - Files come after the journals that name them.
 *
 * Announcements of agents are left out, because none of these hosts runs beside the restored store.
 */
const ORDER = [
  kvStream(BUCKETS.coordinators),
  kvStream(BUCKETS.runs),
  kvStream(BUCKETS.tools),
  STREAMS.event,
  STREAMS.dead,
  STREAMS.task,
  STREAMS.journal,
  STREAMS.records,
  STREAMS.files,
] as const

/**
 * Writes a backup of everything that is stored, while runs are active. The restored store is one in which every process
 * died at the moment of the backup.
 *
 * @param options.progress is called with the bytes written so far
 */
export async function backUpStore(
  bus: Bus,
  file: string,
  options: { version: string; signal: AbortSignal; progress(bytes: number): void },
): Promise<BackedUpStream[]> {
  const { version, signal, progress } = options
  await using writer = await BackupWriter.open(file, version)
  let before = 0
  for (const name of ORDER) {
    signal.throwIfAborted()
    const snapshot = await snapshotStream(bus, name, signal)
    if (snapshot === undefined) continue
    let own = 0
    await writer.addStream(snapshot, (bytes) => {
      own = bytes
      progress(before + own)
    })
    before += own
  }
  return await writer.finish()
}
