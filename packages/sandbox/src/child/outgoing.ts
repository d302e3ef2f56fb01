import type { ToParent } from '../frames/frame.ts'

/** Where the child's frames go: the pipe, or in this process the session itself. */
export interface FrameSink {
  write(frame: ToParent): void
  /** Sends a text that may be long ahead of its frame. Gives what the frame itself is to carry. */
  writeLong(text: string): string
  flush(): void
}

const MAX_CHARS = 4_096
const MAX_MS = 20

/** Console lines leave while the code runs, a few at a time. */
export class Printer {
  readonly #pipe: FrameSink
  #lines: string[] = []
  #chars = 0
  #since = 0

  constructor(pipe: FrameSink) {
    this.#pipe = pipe
  }

  print(line: string): void {
    const now = performance.now()
    if (this.#lines.length === 0) this.#since = now
    this.#lines.push(line)
    this.#chars += line.length + 1
    if (this.#chars < MAX_CHARS && now - this.#since < MAX_MS) return
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
