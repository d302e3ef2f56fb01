import { type MadeCall, PART_CHARS } from '../frames/frame.ts'
import type { FrameSink } from './outgoing.ts'

/** The calls of the turn under way: they leave in its frame, or ahead of it where they are long. */
export class OutgoingCalls {
  readonly #pipe: FrameSink
  #calls: MadeCall[] = []
  #chars = 0

  constructor(pipe: FrameSink) {
    this.#pipe = pipe
  }

  add(id: string, name: string, args: string): void {
    if (this.#chars + args.length > PART_CHARS) this.flush()
    this.#calls.push({ id, name, args: args.length > PART_CHARS ? this.#pipe.writeLong(args) : args })
    // The parts that went ahead are the next frame's.
    if (args.length > PART_CHARS) this.flush()
    else this.#chars += args.length
  }

  flush(): void {
    if (this.#calls.length > 0) this.#pipe.write({ type: 'calls', calls: this.take() })
  }

  take(): MadeCall[] {
    const taken = this.#calls
    this.#calls = []
    this.#chars = 0
    return taken
  }
}
