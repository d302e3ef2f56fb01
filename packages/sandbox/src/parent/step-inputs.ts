import type { StepHost, TurnInput } from '@bailiwick/contract/world'
import type { ToChild } from '../frames/frame.ts'
import type { Box } from './box.ts'
import type { RecordedTurns } from './recorded-turns.ts'
import type { StepTime } from './step-time.ts'

/** Inputs on their way to a child at once: they are delivered one after the other all the same. */
const WINDOW = 256

interface Parts {
  box: Box
  host: StepHost
  recorded: RecordedTurns
  time: StepTime
}

/** The one queue that fixes the order of a step's inputs: not yet sent, then sent and not come back as a turn. */
export class StepInputs {
  readonly #parts: Parts
  #queue: TurnInput[] = []
  /** Undefined stands for the step's code. */
  readonly #sent: (TurnInput | undefined)[] = []
  /** Turns that have come back. */
  #turns = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Inputs that have not come back. */
  get underWay(): number {
    return this.#sent.length
  }

  /** The input whose turn runs. */
  get running(): TurnInput | undefined {
    return this.#sent[0]
  }

  /** Calls whose outcome is on its way. */
  answered(): Set<string> {
    const inputs = [...this.#sent, ...this.#queue]
    return new Set(inputs.flatMap((input) => (input?.kind === 'outcome' ? [input.outcome.id] : [])))
  }

  add(input: TurnInput): void {
    this.#queue.push(input)
  }

  /** What is not yet sent never happens. */
  clear(): void {
    this.#queue = []
  }

  begin(frame: Extract<ToChild, { type: 'step' }>): void {
    this.#enter(undefined, frame)
  }

  /** Sends what fits. */
  feed(): void {
    // Until the first turn is over the code may still wait for its packages: an input would find no program.
    if (this.#turns === 0) return
    while (this.#queue.length > 0 && this.#sent.length < WINDOW) {
      const input = this.#queue.shift()
      if (input !== undefined) this.#send(input)
    }
  }

  /** A turn has come back. Gives its input. */
  returned(): TurnInput | undefined {
    this.#turns += 1
    return this.#sent.shift()
  }

  /** The guest goes on with what it has, or is idle. */
  watchNext(): void {
    const { box, time } = this.#parts
    if (this.#sent.length === 0) box.watch(undefined)
    else this.#run(this.#sent[0], time.budget(this.#turns))
  }

  #send(input: TurnInput): void {
    const { clock } = input
    const budgetMs = this.#parts.time.budget(this.#turns + this.#sent.length)
    if (input.kind === 'outcome') this.#enter(input, { type: 'outcome', ...input.outcome, clock, budgetMs })
    else this.#enter(input, { type: 'cancel', reason: input.reason, clock, budgetMs })
  }

  #enter(input: TurnInput | undefined, frame: ToChild & { budgetMs: number }): void {
    this.#sent.push(input)
    if (this.#sent.length === 1) this.#run(input, frame.budgetMs)
    this.#parts.box.send(frame)
  }

  /** The guest is about to run on this input. */
  #run(input: TurnInput | undefined, budgetMs: number): void {
    const { box, host, recorded, time } = this.#parts
    box.watch(time.watched(this.#turns, budgetMs))
    if (input !== undefined && !recorded.has(input)) host.delivered?.(input)
  }
}
