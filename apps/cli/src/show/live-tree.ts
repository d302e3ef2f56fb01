import type { RunPicture } from './run-picture.ts'
import { treeLines } from './tree.ts'

/** Size of a terminal that does not tell its own. */
const USUAL = { columns: 80, rows: 24 }

/** Draws the picture of a run on a terminal, again and again in the same place. */
export class LiveTree implements Disposable {
  readonly #stream: NodeJS.WriteStream
  readonly #picture: RunPicture
  #timer: NodeJS.Timeout | undefined
  #drawn = 0

  constructor(stream: NodeJS.WriteStream, picture: RunPicture) {
    this.#stream = stream
    this.#picture = picture
    // Ten times a second is smooth; drawing at every event is not.
    this.#timer = setInterval(() => this.#draw(''), 100)
  }

  /** Prints a line above the picture. */
  note(line: string): void {
    this.#draw(`${line}\n`)
  }

  #draw(above: string): void {
    const columns = this.#stream.columns || USUAL.columns
    const rows = this.#stream.rows || USUAL.rows
    // A picture taller than the terminal cannot be erased again: its top is left out.
    const lines = treeLines(this.#picture, Date.now(), columns).slice(-(rows - 1))
    const erase = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[0J` : ''
    // One write, or the terminal shows the empty place in between.
    this.#stream.write(`${erase}${above}${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  /** Draws a last time and leaves the picture standing. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#draw('')
  }
}
