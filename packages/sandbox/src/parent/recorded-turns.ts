import {
  DivergedError,
  type RecordedStep,
  type TurnInput,
  type TurnOutput,
} from '@bailiwick/core/contract/world'

/** A committed turn may take this much more on replay, CPU ms. Exceeding it means that it cannot be rebuilt. */
const REPLAY_FACTOR = 10
const REPLAY_EXTRA_MS = 2_000

/** What the journal holds of a step, and how much of it has happened again. */
export class RecordedTurns {
  readonly #recorded: RecordedStep | undefined
  /** Inputs of the record: journaled already. The last may have come to no turn before its host died. */
  readonly #inputs: ReadonlySet<TurnInput>
  #left: number

  constructor(recorded: RecordedStep | undefined) {
    this.#recorded = recorded
    this.#inputs = new Set(recorded?.inputs)
    this.#left = recorded?.turns.length ?? 0
  }

  get replaying(): boolean {
    return this.#left > 0
  }

  /** How much longer limits are while turns happen again. */
  get factor(): number {
    return this.replaying ? REPLAY_FACTOR : 1
  }

  has(input: TurnInput): boolean {
    return this.#inputs.has(input)
  }

  /** Time that a turn may take when it happens again, ms. */
  budget(turn: number): number {
    return (this.#recorded?.turns[turn]?.cpuMs ?? 0) * REPLAY_FACTOR + REPLAY_EXTRA_MS
  }

  /** A turn has happened again. @throws DivergedError where it is not what was recorded */
  again(turn: TurnOutput): void {
    const recorded = this.#recorded?.turns[turn.turn]
    const shown = (one: TurnOutput | undefined) => JSON.stringify([one?.calls, one?.done])
    if (shown(recorded) !== shown(turn)) {
      throw new DivergedError(
        `step ${turn.step}, turn ${turn.turn} did something else than was recorded: recorded ${shown(recorded)}, replayed ${shown(turn)}`,
      )
    }
    this.#left -= 1
  }
}
