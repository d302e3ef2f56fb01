import { type Bus, followJournal, type RunSummary, STREAMS, SUBJECTS } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { runSummary } from './state/run-details.ts'
import { foldRun } from './state/run-state.ts'

interface Entry {
  summary: RunSummary
  /** Only while the run is open: results may be large, and the journal has them. */
  records?: JournalRecord[]
}

/** All runs in the journal: for lists, and to find open runs. */
export class RunIndex {
  readonly #entries = new Map<string, Entry>()

  /** Follows the runs' journals until `signal` aborts. Resolves when it has read all records that existed at the start. */
  async follow(bus: Bus, signal: AbortSignal, failed: (error: unknown) => void): Promise<void> {
    const last = await lastSequence(bus)
    const { promise, resolve } = Promise.withResolvers<void>()
    if (last === 0) resolve()
    const read = async () => {
      const source = { writer: 'coordinator', task: 'run', signal }
      for await (const { run, sequence, records } of followJournal(bus, source)) {
        this.#add(run, records)
        if (sequence >= last) resolve()
      }
    }
    read()
      .catch(failed)
      .finally(() => resolve())
    await promise
  }

  /** All runs, newest first. */
  list(): RunSummary[] {
    return [...this.#entries.values()]
      .map(({ summary }) => summary)
      .sort((a, b) => b.submittedAt - a.submittedAt)
  }

  /** The ids of the runs that have not ended. */
  open(): string[] {
    return [...this.#entries].flatMap(([run, { records }]) => (records === undefined ? [] : [run]))
  }

  remove(run: string): void {
    this.#entries.delete(run)
  }

  #add(run: string, records: JournalRecord[]): void {
    const known = this.#entries.get(run)
    if (known !== undefined && known.records === undefined) return
    const all = [...(known?.records ?? []), ...records]
    const state = foldRun(all)
    if (state === undefined) return
    const summary = runSummary(run, state)
    this.#entries.set(run, state.ended === undefined ? { summary, records: all } : { summary })
  }
}

/** The stream sequence of the newest record in any run's own journal; 0 if there is none. */
async function lastSequence(bus: Bus): Promise<number> {
  const subject = SUBJECTS.journal('coordinator', '*', 'run')
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  if (Object.keys(state.subjects ?? {}).length === 0) return 0
  const message = await bus.jsm.streams.getMessage(STREAMS.journal, { last_by_subj: subject })
  return message?.seq ?? 0
}
