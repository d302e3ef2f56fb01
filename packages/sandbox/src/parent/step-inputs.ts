import type { StepHost, TurnInput } from '@bailiwick/contract/world'
import type { ToChild } from '../frames/frame.ts'
import type { Box } from './box.ts'
import type { RecordedTurns } from './recorded-turns.ts'
import type { StepTime } from './step-time.ts'

/** How many inputs may be on their way to the child. It still processes one after the other. */
const MAX_SENT = 256

interface Parts {
  box: Box
  host: StepHost
  recorded: RecordedTurns
  time: StepTime
}

/** The queue that fixes the order of a step's inputs: first those not sent yet, then those sent whose turn has not returned. */
export class StepInputs {
  readonly #parts: Parts
  #queue: TurnInput[] = []
  /** Sent inputs whose turn has not returned. Undefined stands for the step's code. */
  readonly #sent: (TurnInput | undefined)[] = []
  /** Turns that have returned. */
  #turns = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The number of inputs whose turn has not returned. */
  get underWay(): number {
    return this.#sent.length
  }

  /** The input whose turn is running. */
  get running(): TurnInput | undefined {
    return this.#sent[0]
  }

  /** Calls whose outcome is waiting or on its way. */
  answered(): Set<string> {
    const inputs = [...this.#sent, ...this.#queue]
    return new Set(inputs.flatMap((input) => (input?.kind === 'outcome' ? [input.outcome.id] : [])))
  }

  add(input: TurnInput): void {
    this.#queue.push(input)
  }

  /** Drops the inputs that were not sent yet. */
  clear(): void {
    this.#queue = []
  }

  begin(frame: Extract<ToChild, { type: 'step' }>): void {
    this.#enter(undefined, frame)
  }

  /** Sends as many inputs as fit. */
  feed(): void {
    // Before the first turn has returned, the code may still wait for its packages and cannot take inputs.
    if (this.#turns === 0) return
    while (this.#queue.length > 0 && this.#sent.length < MAX_SENT) {
      const input = this.#queue.shift()
      if (input !== undefined) this.#send(input)
    }
  }

  /** Notes that the current turn has returned. Returns its input. */
  returned(): TurnInput | undefined {
    this.#turns += 1
    return this.#sent.shift()
  }

  /** Watches the next turn, or nothing if the guest is idle. */
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

  /** The guest starts to run on this input. */
  #run(input: TurnInput | undefined, budgetMs: number): void {
    const { box, host, recorded, time } = this.#parts
    box.watch(time.watched(this.#turns, budgetMs))
    if (input !== undefined && !recorded.has(input)) host.delivered?.(input)
  }
}
