import type { ShownRun } from './run-model.ts'
import { treeLines } from './tree.ts'

/** Draws the picture of a run on a terminal, again and again in the same place. */
export class LiveTree implements Disposable {
  readonly #stream: NodeJS.WriteStream
  readonly #shown: ShownRun
  readonly #timer: NodeJS.Timeout
  #drawn = 0

  constructor(stream: NodeJS.WriteStream, shown: ShownRun) {
    this.#stream = stream
    this.#shown = shown
    // Ten times a second is smooth; drawing at every event is not.
    this.#timer = setInterval(() => this.#draw(), 100)
  }

  /** Prints a line above the picture. */
  note(line: string): void {
    this.#erase()
    this.#stream.write(`${line}\n`)
    this.#draw()
  }

  #draw(): void {
    // A picture taller than the terminal cannot be erased again: its top is left out.
    const lines = treeLines(this.#shown, Date.now(), this.#stream.columns).slice(
      -Math.max(1, this.#stream.rows - 1),
    )
    this.#erase()
    this.#stream.write(`${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\x1b[${this.#drawn}A\x1b[0J`)
    this.#drawn = 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#draw()
  }
}
