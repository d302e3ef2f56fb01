import { objectBucket } from '../artifact/object-bucket.ts'
import type { Bus } from '../connect/bus.ts'
import { objectStream, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/**
 * Deletes all that is kept of a run: journals, events, files, large records. For the coordinator,
 * and for runs that have ended: a writer at work is fenced.
 *
 * @returns how many messages and files were deleted.
 */
export async function purgeRun(bus: Bus, run: string): Promise<number> {
  const purge = (stream: string, filter: string) =>
    persist(
      bus,
      `deleting run ${run}`,
      undefined,
      async () => (await bus.jsm.streams.purge(stream, { filter })).purged,
    )
  const files = await purgeFiles(bus, run)
  const events = await purge(STREAMS.event, SUBJECTS.event('*', '*', '*', run))
  // Last, because what was deleted of it cannot be found again.
  return files + events + (await purge(STREAMS.journal, SUBJECTS.journal('*', run, '*')))
}

/** Keys of files begin with their run, or with a kind of file and then the run. */
async function purgeFiles(bus: Bus, run: string): Promise<number> {
  let purged = 0
  for await (const stream of bus.jsm.streams.list()) {
    const bucket = /^OBJ_((?:artifact|journal)_.+)$/.exec(stream.config.name)?.[1]
    if (bucket === undefined || stream.config.name !== objectStream(bucket)) continue
    const store = await objectBucket(bus, bucket)
    for (const { name } of await store.list()) {
      if (!name.split('/').slice(0, 2).includes(run)) continue
      await store.delete(name)
      purged++
    }
  }
  return purged
}
