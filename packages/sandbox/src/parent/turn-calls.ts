import { hash } from 'node:crypto'
import { type GuestCall, SandboxError, type TurnOutput } from '@bailiwick/contract/world'
import type { MadeCall } from '../frames/frame.ts'

/** The calls that a child has told of since its last turn. */
export class TurnCalls {
  readonly #step: number
  /** Of every id. */
  readonly #prefix: string
  readonly #most: number
  #calls: GuestCall[] = []
  #hashes: TurnOutput['calls'] = []

  constructor(step: number, callsPerStep: number) {
    this.#step = step
    this.#prefix = `${step}.`
    this.#most = callsPerStep
  }

  /** @throws SandboxError for a call that an honest child cannot send */
  add(turn: number, made: MadeCall[]): undefined {
    for (const { id, name, args } of made) {
      if (!id.startsWith(this.#prefix) || this.#calls.length >= this.#most) {
        throw new SandboxError(`the sandbox's child sent a call that cannot be: ${id}`)
      }
      // Decoded when it leaves: a long text takes its time.
      this.#calls.push({ id, step: this.#step, turn, name, args: undefined, argsText: args })
      // As they come: forty hashes of a megabyte at the turn's end would be one long pause.
      this.#hashes.push({ id, name, argsHash: digest(args) })
    }
  }

  take(): { calls: GuestCall[]; hashes: TurnOutput['calls'] } {
    const taken = { calls: this.#calls, hashes: this.#hashes }
    this.#calls = []
    this.#hashes = []
    return taken
  }
}

/** Characters of a SHA-256 in base64url. */
const HASH_CHARS = 43

/** A text that is no longer than its hash stands for itself: hashing is a good part of what a short call costs. */
function digest(text: string): string {
  return text.length <= HASH_CHARS ? text : hash('sha256', text, 'base64url')
}
