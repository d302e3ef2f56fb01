import { MAX_CALLS, type MadeCall, PART_CHARS } from '../frames/frame.ts'
import type { FramePipe } from './frame-pipe.ts'

const MAX_PRINT_CHARS = 4_096
const MAX_PRINT_MS = 20

/** Sends console lines while the code runs, several at a time. */
export class Printer {
  readonly #pipe: FramePipe
  #lines: string[] = []
  #chars = 0
  #since = 0

  constructor(pipe: FramePipe) {
    this.#pipe = pipe
  }

  print(line: string): void {
    const now = performance.now()
    if (this.#lines.length === 0) this.#since = now
    this.#lines.push(line)
    this.#chars += line.length + 1
    if (this.#chars < MAX_PRINT_CHARS && now - this.#since < MAX_PRINT_MS) return
    this.flush()
    this.#pipe.flush()
  }

  flush(): void {
    if (this.#lines.length === 0) return
    this.#pipe.write({ type: 'print', lines: this.#lines })
    this.#lines = []
    this.#chars = 0
  }
}

/** The calls of the current turn. They leave in the turn's frame, or ahead of it if they are long. */
export class OutgoingCalls {
  readonly #pipe: FramePipe
  #calls: MadeCall[] = []
  #chars = 0

  constructor(pipe: FramePipe) {
    this.#pipe = pipe
  }

  add(id: string, name: string, args: string): void {
    if (this.#chars + args.length > PART_CHARS || this.#calls.length === MAX_CALLS) this.flush()
    this.#calls.push({ id, name, args: args.length > PART_CHARS ? this.#pipe.writeLong(args) : args })
    // The parts that `writeLong` sent belong to the next frame.
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
