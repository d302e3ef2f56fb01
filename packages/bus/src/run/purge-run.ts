import { objectBucket } from '../artifact/object-store.ts'
import type { Bus } from '../connect/bus.ts'
import { objectStream, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/**
 * Deletes everything that is stored of a run: journals, events, files, large records. Only the coordinator does this,
 * and only for ended runs: a host that is at work on the run gets a FencedError.
 *
 * @returns the number of deleted messages and files
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
  // The journals last, because a run is found by its journals.
  return files + events + (await purge(STREAMS.journal, SUBJECTS.journal('*', run, '*')))
}

/** A file's key begins with its run, or with a kind of file and then the run. */
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
