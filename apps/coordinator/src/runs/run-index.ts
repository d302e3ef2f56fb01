import { type Bus, followJournal, type RunSummary, STREAMS, SUBJECTS } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { runSummary } from './fold/run-details.ts'
import { foldRun } from './fold/run-state.ts'

/** What is kept of a run: its summary, and its records while it is open. */
interface Entry {
  summary: RunSummary
  /** Dropped when the run ends: results may be large, and the journal has them. */
  records?: JournalRecord[]
}

/** Every run that the journal keeps, as its own journal says: for lists, and to find open ones. */
export class RunIndex {
  readonly #entries = new Map<string, Entry>()

  /**
   * Follows the runs' journals until aborted. Resolves when everything that was there at the beginning has
   * been read.
   */
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

  has(run: string): boolean {
    return this.#entries.has(run)
  }

  /** Runs, the newest first. */
  list(): RunSummary[] {
    return [...this.#entries.values()]
      .map(({ summary }) => summary)
      .sort((a, b) => b.submittedAt - a.submittedAt)
  }

  /** Runs that have not ended. */
  open(): string[] {
    return [...this.#entries].flatMap(([run, { records }]) => (records === undefined ? [] : [run]))
  }

  forget(run: string): void {
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

/** The stream's sequence of the newest record of any run's own journal; 0 where there is none. */
async function lastSequence(bus: Bus): Promise<number> {
  const subject = SUBJECTS.journal('coordinator', '*', 'run')
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  if (Object.keys(state.subjects ?? {}).length === 0) return 0
  const message = await bus.jsm.streams.getMessage(STREAMS.journal, { last_by_subj: subject })
  return message?.seq ?? 0
}
