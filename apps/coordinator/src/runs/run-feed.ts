import { setTimeout as sleep } from 'node:timers/promises'
import {
  BUCKETS,
  type Bus,
  COORDINATOR,
  followAppends,
  type JournalAppend,
  lastJournalSequence,
  purgeEntry,
  type StoredAppend,
} from '@bailiwick/bus'
import { errorText } from '@bailiwick/contract'
import { concernsIndex, type RunIndex } from './run-index.ts'
import { readPosition, readStoredRuns, type StoredRun, writeStoredRuns } from './stored-runs.ts'
import { FLOOD_LIMITS, WriterShares } from './writer-shares.ts'

/** Lost runs that a note names. */
const MAX_NAMED = 10
/** How long {@link RunFeed.isCurrent} waits for the index, and how often it looks, milliseconds. */
const CURRENT_MS = 2_000
const CURRENT_CHECK_MS = 20

export interface FeedOptions {
  bus: Bus
  index: RunIndex
  /** The agents of the team. */
  agents(): readonly string[]
  /** Whether someone follows all journals of a run. */
  wants(run: string): boolean
  /** Takes an append to a journal of such a run. */
  take(append: JournalAppend): void
  /** Called when the index is complete: at the start, and again after JOURNAL has lost its end. */
  caughtUp(): void
  /** Called before the journals are read again, because JOURNAL has lost its end. */
  lost(): void
  signal: AbortSignal
  note(line: string): void
}

/** Some writers' journals, which are read in order. */
interface Lane {
  writers: readonly string[]
  /** Sequence of the last append that was taken, and the number of appends that were stored after it. */
  position: number
  behind: number
}

/**
 * Reads all journals once for this coordinator, and keeps the index up to date: at the start from the bucket `runs` and
 * the appends after its checkpoint, or from all journals if there is none.
 *
 * One reader reads everything in order. While agents append more than it can read, it is replaced by two: one for those
 * agents, and one for all others, whose runs must not wait.
 */
export class RunFeed {
  readonly #options: FeedOptions
  /** Every append up to this sequence was taken. */
  #position = 0
  /** While some agents are read apart: they, and all others. */
  #lanes: readonly Lane[] = []
  /** Whether everything that was stored at the start was taken. */
  #isCaughtUp = false
  #writing: Promise<unknown> = Promise.resolve()
  #lost: (() => void) | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Follows all journals until aborted. Calls `caughtUp` when everything that was stored at the start has been taken. */
  async follow(): Promise<void> {
    const { index, signal } = this.#options
    this.#position = await this.#loadStored()
    for (;;) {
      const hasLost = await this.#read()
      if (signal.aborted || !hasLost) return
      this.#options.lost()
      await this.#writing.catch(() => {})
      index.clear()
      this.#position = 0
    }
  }

  /**
   * Whether the index has everything that is in JOURNAL now. Waits for it, but not for long: under load the index may
   * lag.
   */
  async isCurrent(): Promise<boolean> {
    const { bus, signal } = this.#options
    const end = await lastJournalSequence(bus, signal)
    const until = performance.now() + CURRENT_MS
    while (Math.max(this.#position, ...this.#lanes.map(({ position }) => position)) < end) {
      if (performance.now() > until || signal.aborted) return false
      await sleep(CURRENT_CHECK_MS)
    }
    return true
  }

  /** Reads all journals again: JOURNAL has lost messages. The coordinator that publishes events reports it. */
  reread(): void {
    this.#lost?.()
  }

  /**
   * Writes what the bucket `runs` lacks. While some agents are read apart, it writes nothing: its entries are complete up
   * to one sequence.
   *
   * @returns the sequence of JOURNAL up to which the bucket is complete
   */
  stored(): Promise<number> {
    const stored = this.#writing.then(
      () => this.#store(),
      () => this.#store(),
    )
    this.#writing = stored
    return stored
  }

  async #store(): Promise<number> {
    const { bus, index, signal } = this.#options
    const position = this.#position
    if (this.#lanes.length > 0) return position
    const entries = index.takeChanged(position)
    try {
      await writeStoredRuns(bus, entries, signal)
    } catch (error) {
      index.wereNotStored(entries)
      throw error
    }
    index.wereStored(entries)
    return position
  }

  /** @returns the sequence up to which the index is complete */
  async #loadStored(): Promise<number> {
    const { bus, index, signal } = this.#options
    const position = await readPosition(bus)
    if (position === undefined) return 0
    const end = await lastJournalSequence(bus, signal)
    const entries: StoredRun[] = []
    let last = position
    for await (const entry of readStoredRuns(bus, signal)) {
      entries.push(entry)
      last = Math.max(last, entry.position)
    }
    // The bucket is missing, or newer than the journals, whose end was lost: read everything.
    if (entries.length === 0 || last > end) return 0
    for (const entry of entries) index.load(entry)
    return position
  }

  /** Reads appends until aborted, or until JOURNAL has lost messages. @returns whether it has */
  async #read(): Promise<boolean> {
    const { signal } = this.#options
    const stop = new AbortController()
    this.#isCaughtUp = false
    this.#lost = () => stop.abort()
    const until = AbortSignal.any([signal, stop.signal])
    try {
      while (!until.aborted) {
        const flooding = await this.#readInOrder(until)
        if (flooding.length > 0) await this.#readApart(flooding, until)
      }
    } finally {
      this.#lanes = []
    }
    return !signal.aborted
  }

  /** Reads all journals with one reader, in order. @returns the agents that append more than it can read */
  async #readInOrder(signal: AbortSignal): Promise<readonly string[]> {
    const { note } = this.#options
    const isRebuilt = this.#position === 0
    const shares = new WriterShares()
    const caughtUp = () => {
      if (this.#isCaughtUp) return
      this.#isCaughtUp = true
      if (isRebuilt)
        this.#dropStrangers().catch((error: unknown) =>
          note(`Cannot tidy the list of runs: ${errorText(error)}`),
        )
      this.#options.caughtUp()
    }
    const lost = () => this.#lost?.()
    const { bus } = this.#options
    for await (const append of followAppends(bus, {
      fromSequence: this.#position + 1,
      signal,
      caughtUp,
      lost,
    })) {
      const lane = this.#lanes.find(({ writers }) => writers.includes(append.writer))
      // What was read apart a moment ago is taken already.
      if (lane === undefined || append.sequence > lane.position) await this.#take(append)
      this.#position = append.sequence
      if (this.#lanes.every(({ position }) => position <= this.#position)) this.#lanes = []
      shares.count(append)
      if (this.#isCaughtUp && this.#lanes.length === 0) {
        const flooding = shares.flooding()
        if (flooding.length > 0) return flooding
      }
    }
    return []
  }

  /** Reads the journals of some agents apart from all others, until that is no longer needed. */
  async #readApart(flooding: readonly string[], signal: AbortSignal): Promise<void> {
    const { agents, index } = this.#options
    const known = new Set([COORDINATOR, ...agents()])
    for (const { tasks } of index.open()) for (const { agent } of tasks) known.add(agent)
    const others = [...known].filter((name) => !flooding.includes(name))
    const slow: Lane = { writers: flooding, position: this.#position, behind: 0 }
    const fast: Lane = { writers: others, position: this.#position, behind: 0 }
    this.#lanes = [slow, fast]
    const stop = new AbortController()
    const until = AbortSignal.any([signal, stop.signal])
    const look = () => {
      if (slow.behind < FLOOD_LIMITS.calmAppends) stop.abort()
    }
    await Promise.all([
      this.#readLane(slow, until, look).finally(() => stop.abort()),
      this.#readLane(fast, until).finally(() => stop.abort()),
    ])
    this.#position = Math.min(slow.position, fast.position)
  }

  /** Reads the journals of some agents until aborted. Calls `look` after each append, and if there is none. */
  async #readLane(lane: Lane, signal: AbortSignal, look = () => {}): Promise<void> {
    const { bus } = this.#options
    const { writers, position } = lane
    const lost = () => this.#lost?.()
    const options = { writers, fromSequence: position + 1, signal, caughtUp: look, lost }
    for await (const append of followAppends(bus, options)) {
      await this.#take(append)
      lane.position = append.sequence
      lane.behind = append.behind
      look()
    }
  }

  async #take(append: StoredAppend): Promise<void> {
    const { index, wants, take } = this.#options
    const { writer, run, task, sequence } = append
    const isWanted = wants(run)
    const isNeeded = index.needs(append)
    if (!isWanted && !isNeeded) return
    const contents = await append.read(isWanted || task === 'run' ? undefined : concernsIndex)
    if (isWanted) take({ writer, run, task, sequence, ...contents })
    if (!isNeeded) return
    const isWhole = contents.foreign || contents.setAside.length === 0
    index.take(append, contents.records, isWhole)
  }

  /** Removes entries of runs that have no journal. */
  async #dropStrangers(): Promise<void> {
    const { bus, index, signal, note } = this.#options
    const position = this.#position
    const gone: string[] = []
    for await (const entry of readStoredRuns(bus, signal)) {
      if (entry.position <= position && index.owner(entry.run) === undefined) gone.push(entry.run)
    }
    for (const run of gone) await purgeEntry(bus, BUCKETS.runs, run, signal)
    if (gone.length === 0) return
    const some = gone.slice(0, MAX_NAMED).join(', ')
    note(
      `The journals of ${gone.length} runs are gone: ${some}${gone.length > MAX_NAMED ? ' and others' : ''}.`,
    )
  }
}
