import {
  DivergedError,
  type GuestCall,
  type RecordedStep,
  type TurnInput,
  type TurnOutput,
} from '@bailiwick/contract/world'

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

  has(input: TurnInput): boolean {
    return this.#inputs.has(input)
  }

  /** CPU time that a turn may take when it happens again, ms. */
  budget(turn: number): number {
    return (this.#recorded?.turns[turn]?.cpuMs ?? 0) * REPLAY_FACTOR + REPLAY_EXTRA_MS
  }

  /** A turn has happened again. @throws DivergedError where it is not what was recorded */
  again(turn: TurnOutput, calls: readonly GuestCall[]): void {
    const before = this.#recorded?.turns[turn.turn]
    const compared = (one: TurnOutput | undefined) => JSON.stringify([one?.calls, one?.done])
    if (compared(before) !== compared(turn)) {
      const args = new Map(calls.map(({ id, argsText }) => [id, argsText]))
      const recorded = inWords(before, (id) => this.#recorded?.argsOf?.(id))
      const replayed = inWords(turn, (id) => args.get(id))
      throw new DivergedError(
        `step ${turn.step}, turn ${turn.turn} did something else than was recorded\nrecorded: ${recorded}\nreplayed: ${replayed}`,
        { step: turn.step, turn: turn.turn, recorded, replayed },
      )
    }
    this.#left -= 1
  }
}

/** Of one call's arguments, characters. */
const SHOWN = 200

/** What a turn did: `2.1 readFile({"name":"a"}), then waited`. */
function inWords(
  turn: Pick<TurnOutput, 'calls' | 'done'> | undefined,
  argsOf: (call: string) => string | undefined,
): string {
  if (turn === undefined) return 'nothing'
  const calls = turn.calls.map(({ id, name, argsHash }) => {
    const args = argsOf(id)
    return `${id} ${name}(${args === undefined ? `arguments with the digest ${argsHash}` : args.slice(0, SHOWN)})`
  })
  return [...(calls.length === 0 ? ['no call'] : calls), turn.done ? 'then ended' : 'then waited'].join(', ')
}
