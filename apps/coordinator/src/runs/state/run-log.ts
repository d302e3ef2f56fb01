import { type Bus, type BusJournal, openJournal } from '@bailiwick/bus'
import { BailiwickError, type JournalRecord } from '@bailiwick/contract'
import { foldRecord, markRoutes, type RunState } from './run-state.ts'

/** Options of {@link RunLog}. */
export interface RunLogOptions {
  /** Whether an agent chooses routes (level 1): its result may name the next agent. */
  isRouter?(agent: string): boolean
  /** Called with records that were stored, and the sequences of their append and of the one before. */
  stored?(records: readonly JournalRecord[], append: { sequence: number; before: number }): void
}

/**
 * A run's own journal with its folded state. Added records change the state at once and are stored by the next flush,
 * all in one append. Flush before anything that others can see follows from a record.
 */
export class RunLog {
  readonly run: string
  readonly #journal: BusJournal
  readonly #options: RunLogOptions
  #state: RunState | undefined
  /** Records of the next append. */
  #queue: JournalRecord[] = []
  #last: Promise<void> = Promise.resolve()
  #writing = 0

  constructor(bus: Bus, run: string, options: RunLogOptions = {}) {
    this.run = run
    this.#options = options
    this.#journal = openJournal(bus, { writer: 'coordinator', run, task: 'run' }, { short: true })
  }

  /** Reads the journal. Forgets records that are not stored. @returns undefined if the run was never submitted */
  async load(): Promise<RunState | undefined> {
    this.#queue = []
    let state: RunState | undefined
    for await (const record of this.#journal.read()) state = foldRecord(state, record)
    this.#state = state
    return state
  }

  /** The state, with records that are not stored yet. It changes in place. */
  get state(): RunState {
    const { isRouter } = this.#options
    if (this.#state !== undefined && isRouter !== undefined) markRoutes(this.#state, isRouter)
    if (this.#state !== undefined) return this.#state
    throw new BailiwickError('internal', `Run ${this.run} was used before it was submitted.`)
  }

  /** Sequence in the stream of the last append that was read or stored here. */
  get sequence(): number {
    return this.#journal.sequence
  }

  /** Whether an append is on its way. */
  get writing(): boolean {
    return this.#writing > 0
  }

  add(...records: JournalRecord[]): void {
    for (const record of records) this.#state = foldRecord(this.#state, record)
    this.#queue.push(...records)
  }

  /**
   * Stores all added records.
   *
   * @throws FencedError if another coordinator has appended; then the state is wrong until `load`
   */
  flush(): Promise<void> {
    const write = () => this.#write()
    this.#last = this.#last.then(write, write)
    return this.#last
  }

  async #write(): Promise<void> {
    const records = this.#queue
    if (records.length === 0) return
    this.#queue = []
    this.#writing += 1
    try {
      const before = this.#journal.sequence
      await this.#journal.append(records)
      this.#options.stored?.(records, { sequence: this.#journal.sequence, before })
    } finally {
      this.#writing -= 1
    }
  }
}
