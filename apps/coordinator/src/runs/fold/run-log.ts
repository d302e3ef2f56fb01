import { type Bus, openJournal } from '@bailiwick/bus'
import type { Journal, JournalRecord } from '@bailiwick/contract'
import { foldRun, type RunState } from './run-state.ts'

/**
 * A run's own journal with its fold. Every append goes to the bus first and changes the state after. What is
 * appended while another append is under way goes out together.
 */
export class RunLog {
  readonly run: string
  readonly #journal: Journal
  readonly #isRouter: (agent: string) => boolean
  readonly #records: JournalRecord[] = []
  /** What the next append will hold. */
  #queue: JournalRecord[] = []
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(bus: Bus, run: string, isRouter: (agent: string) => boolean = () => false) {
    this.run = run
    this.#isRouter = isRouter
    this.#journal = openJournal(bus, { writer: 'coordinator', run, task: 'run' })
  }

  /** Reads what there is. @returns the state, or undefined for a run that was never submitted */
  async load(): Promise<RunState | undefined> {
    this.#records.length = 0
    for await (const record of this.#journal.read()) this.#records.push(record)
    return foldRun(this.#records, this.#isRouter)
  }

  get state(): RunState {
    const state = foldRun(this.#records, this.#isRouter)
    if (state === undefined) throw new Error(`run ${this.run} was used before it was submitted`)
    return state
  }

  /** @throws FencedError where another coordinator has taken the run over */
  append(...records: JournalRecord[]): Promise<void> {
    this.#queue.push(...records)
    if (this.#next === undefined) {
      const write = () => this.#write()
      // After the one before, whatever became of it: its own callers hear of its failure.
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
