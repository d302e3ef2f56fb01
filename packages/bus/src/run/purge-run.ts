import type { Bus } from '../connect/bus.ts'
import { ACCESS_RUN, COORDINATOR, STREAMS } from '../protocol/places.ts'
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

/** Deletes the journals of refusals that have no record since a time, Unix milliseconds. Only for the coordinator. */
export async function purgeOldRefusals(bus: Bus, before: number): Promise<void> {
  const doing = 'deleting old refusals'
  const filter = SUBJECTS.journal(COORDINATOR, ACCESS_RUN, '*')
  const { state } = await persist(bus, doing, undefined, () =>
    bus.jsm.streams.info(STREAMS.journal, { subjects_filter: filter }),
  )
  for (const subject of Object.keys(state.subjects ?? {})) {
    const last = await persist(bus, doing, undefined, () =>
      bus.jsm.streams.getMessage(STREAMS.journal, { last_by_subj: subject }),
    )
    if (last === null || last.time.getTime() >= before) continue
    await persist(bus, doing, undefined, () => bus.jsm.streams.purge(STREAMS.journal, { filter: subject }))
  }
}
