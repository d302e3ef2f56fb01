import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { removeScope } from '../store/stored-files.ts'

/**
 * Deletes everything that is stored of a run: journals, events, files, large records. Only the coordinator does this,
 * and only for ended runs: a host that is at work on the run gets a FencedError.
 *
 * @returns the number of deleted messages
 */
export async function purgeRun(bus: Bus, run: string): Promise<number> {
  const purge = (stream: string, filter: string) =>
    persist(
      bus,
      `deleting run ${run}`,
      undefined,
      async () => (await bus.jsm.streams.purge(stream, { filter })).purged,
    )
  const kinds = ['file', 'call', 'record'] as const
  const files = (await Promise.all(kinds.map((kind) => removeScope(bus, kind, run)))).reduce((a, b) => a + b)
  const events = await purge(STREAMS.event, SUBJECTS.event('*', '*', '*', run))
  // The journals last, because a run is found by its journals.
  return files + events + (await purge(STREAMS.journal, SUBJECTS.journal('*', run, '*')))
}
