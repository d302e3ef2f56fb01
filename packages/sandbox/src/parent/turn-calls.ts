import { hash } from 'node:crypto'
import type { GuestCall, TurnOutput } from '@bailiwick/contract/world'
import type { MadeCall } from '../frames/frame.ts'

/** The calls that a child has reported since its last turn. */
export class TurnCalls {
  readonly #step: number
  /** The start of every call id. */
  readonly #prefix: string
  /** Calls that the step may still make. */
  #left: number
  #calls: GuestCall[] = []
  #hashes: TurnOutput['calls'] = []

  constructor(step: number, callsPerStep: number) {
    this.#step = step
    this.#prefix = `${step}.`
    this.#left = callsPerStep
  }

  /** Adds calls. Returns false if one is of another step, or beyond the step's limit. */
  add(turn: number, made: MadeCall[]): boolean {
    for (const { id, name, args } of made) {
      this.#left -= 1
      if (this.#left < 0 || !id.startsWith(this.#prefix)) return false
      // Arguments are decoded when the call leaves, because that takes time for a long text.
      this.#calls.push({ id, step: this.#step, turn, name, args: undefined, argsText: args })
      // Hash each call when it arrives: forty hashes of a megabyte at the turn's end would block the loop.
      this.#hashes.push({ id, name, argsHash: digest(args) })
    }
    return true
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

/** A text no longer than its hash stands for itself, because hashing is a large part of a short call's cost. */
function digest(text: string): string {
  return text.length <= HASH_CHARS ? text : hash('sha256', text, 'base64url')
}
