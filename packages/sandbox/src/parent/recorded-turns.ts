import {
  DivergedError,
  type GuestCall,
  type RecordedStep,
  type TurnInput,
  type TurnOutput,
} from '@bailiwick/contract/world'

/** On replay, a turn may take this many times its recorded CPU time, and this much more. Beyond that, its world cannot be rebuilt. */
const REPLAY_FACTOR = 10
const REPLAY_EXTRA_MS = 2_000

/** The recorded turns of a step, and how many of them were replayed. */
export class RecordedTurns {
  readonly #recorded: RecordedStep | undefined
  /** Recorded inputs. The last may have no turn, if its host died before the turn ended. */
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

  /** CPU time that a turn may take on replay, ms. */
  budget(turn: number): number {
    return (this.#recorded?.turns[turn]?.cpuMs ?? 0) * REPLAY_FACTOR + REPLAY_EXTRA_MS
  }

  /** Compares a replayed turn with its record. @throws DivergedError if they differ */
  again(turn: TurnOutput, calls: readonly GuestCall[]): void {
    const before = this.#recorded?.turns[turn.turn]
    const compared = (one: TurnOutput | undefined) => JSON.stringify([one?.calls, one?.done])
    if (compared(before) !== compared(turn)) {
      const args = new Map(calls.map(({ id, argsText }) => [id, argsText]))
      const recorded = inWords(before, (id) => this.#recorded?.argsOf?.(id))
      const replayed = inWords(turn, (id) => args.get(id))
      throw new DivergedError(
        `The replay of step ${turn.step}, turn ${turn.turn} differs from the record.\nrecorded: ${recorded}\nreplayed: ${replayed}`,
        { step: turn.step, turn: turn.turn, recorded, replayed },
      )
    }
    this.#left -= 1
  }
}

/** The longest arguments of a call that an error shows, characters. */
const MAX_SHOWN_CHARS = 200

/** Describes a turn: `2.1 readFile({"name":"a"}), then waited`. */
function inWords(
  turn: Pick<TurnOutput, 'calls' | 'done'> | undefined,
  argsOf: (call: string) => string | undefined,
): string {
  if (turn === undefined) return 'nothing'
  const calls = turn.calls.map(({ id, name, argsHash }) => {
    const args = argsOf(id)
    return `${id} ${name}(${args === undefined ? `arguments with the digest ${argsHash}` : args.slice(0, MAX_SHOWN_CHARS)})`
  })
  return [...(calls.length === 0 ? ['no call'] : calls), turn.done ? 'then ended' : 'then waited'].join(', ')
}
