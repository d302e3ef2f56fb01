import { hash } from 'node:crypto'
import { type GuestCall, SandboxError, type TurnOutput } from '@bailiwick/core/contract/world'

/** The calls that a child has told of since its last turn. */
export class TurnCalls {
  readonly #step: number
  readonly #most: number
  #calls: GuestCall[] = []
  #hashes: TurnOutput['calls'] = []

  constructor(step: number, callsPerStep: number) {
    this.#step = step
    this.#most = callsPerStep
  }

  /** @throws SandboxError for a call that an honest child cannot send */
  add(turn: number, { id, name, args }: { id: string; name: string; args: string }): void {
    const [step] = id.split('.')
    if (Number(step) !== this.#step || this.#calls.length >= this.#most) {
      throw new SandboxError(`the sandbox's child sent a call that cannot be: ${id}`)
    }
    // Decoded when it leaves: a long text takes its time.
    this.#calls.push({ id, step: this.#step, turn, name, args: undefined, argsText: args })
    // As they come: forty hashes of a megabyte at the turn's end would be one long pause.
    this.#hashes.push({ id, name, argsHash: hash('sha256', args, 'base64url') })
  }

  take(): { calls: GuestCall[]; hashes: TurnOutput['calls'] } {
    const taken = { calls: this.#calls, hashes: this.#hashes }
    this.#calls = []
    this.#hashes = []
    return taken
  }
}
