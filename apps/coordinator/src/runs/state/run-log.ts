import { type Bus, openJournal } from '@bailiwick/bus'
import { BailiwickError, type Journal, type JournalRecord } from '@bailiwick/contract'
import { foldRun, type RunState } from './run-state.ts'

/**
 * A run's own journal with its folded state. An append is stored first and changes the state then. Records that are
 * appended while an append is in flight are stored together.
 */
export class RunLog {
  readonly run: string
  readonly #journal: Journal
  readonly #isRouter: (agent: string) => boolean
  readonly #records: JournalRecord[] = []
  /** Records of the next append. */
  #queue: JournalRecord[] = []
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(bus: Bus, run: string, isRouter: (agent: string) => boolean = () => false) {
    this.run = run
    this.#isRouter = isRouter
    this.#journal = openJournal(bus, { writer: 'coordinator', run, task: 'run' })
  }

  /** Reads the journal. @returns the state, or undefined if the run was never submitted */
  async load(): Promise<RunState | undefined> {
    this.#records.length = 0
    for await (const record of this.#journal.read()) this.#records.push(record)
    return foldRun(this.#records, this.#isRouter)
  }

  get state(): RunState {
    const state = foldRun(this.#records, this.#isRouter)
    if (state === undefined) {
      throw new BailiwickError('internal', `Run ${this.run} was used before it was submitted.`)
    }
    return state
  }

  /** @throws FencedError if another coordinator has taken over the run */
  append(...records: JournalRecord[]): Promise<void> {
    this.#queue.push(...records)
    if (this.#next === undefined) {
      const write = () => this.#write()
      // Write also if the previous append failed: its callers get that error.
      this.#next = this.#last.then(write, write)
      this.#last = this.#next
    }
    return this.#next
  }

  async #write(): Promise<void> {
    const records = this.#queue
    this.#queue = []
    this.#next = undefined
    await this.#journal.append(records)
    this.#records.push(...records)
  }
}
