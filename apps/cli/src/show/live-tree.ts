import { visibleText } from '@bailiwick/contract'
import type { RunPicture } from './run-picture.ts'
import { treeLines } from './tree.ts'

/** Size of a terminal that does not report its own. */
const DEFAULT_SIZE = { columns: 80, rows: 24 }

/** Draws a run on a terminal, and redraws it in place as it changes. */
export class LiveTree implements Disposable {
  readonly #stream: NodeJS.WriteStream
  readonly #picture: RunPicture
  #timer: NodeJS.Timeout | undefined
  #drawn = 0
  #status: string | undefined

  constructor(stream: NodeJS.WriteStream, picture: RunPicture) {
    this.#stream = stream
    this.#picture = picture
    // Ten times a second looks smooth. Drawing at every event does not.
    this.#timer = setInterval(() => this.#draw(''), 100)
  }

  /** Shows a line below the tree until another one, or none, replaces it. */
  status(line: string | undefined): void {
    this.#status = line
  }

  /** Prints a line above the tree. */
  note(line: string): void {
    this.#draw(`${visibleText(line)}\n`)
  }

  #draw(above: string): void {
    const columns = this.#stream.columns || DEFAULT_SIZE.columns
    const rows = this.#stream.rows || DEFAULT_SIZE.rows
    // Lines that scrolled off the screen cannot be erased, so drop the top of a tree that is too tall.
    const status = this.#status === undefined ? [] : [this.#status.slice(0, columns - 1)]
    const lines = [...treeLines(this.#picture, Date.now(), columns), ...status].slice(-(rows - 1))
    const erase = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[0J` : ''
    // Write everything at once, or the terminal flickers.
    this.#stream.write(`${erase}${above}${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  /** Draws a last time and leaves the tree on the screen. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#draw('')
  }
}
