import { formatBytes } from '@bailiwick/contract'
import type { InputFile } from './inputs.ts'
import type { RunScreen } from './watch-run.ts'

/** Without a terminal, a line this often. Milliseconds. */
const LINE_EVERY_MS = 3_000
/** Characters of the bar on a terminal. */
const BAR = 24

/** Shows the progress of an upload: a bar on a terminal, a line every few seconds elsewhere. */
export class UploadProgress implements Disposable {
  readonly #screen: Pick<RunScreen, 'note' | 'status' | 'isTerminal'>
  readonly #total: number
  readonly #startedAt = Date.now()
  #lineAt = Date.now() + LINE_EVERY_MS

  constructor(
    screen: Pick<RunScreen, 'note' | 'status' | 'isTerminal'>,
    files: readonly Pick<InputFile, 'size'>[],
  ) {
    this.#screen = screen
    this.#total = files.reduce((sum, { size }) => sum + size, 0)
  }

  /** @param stored the bytes of all files that are stored */
  update(stored: number): void {
    // A file may have grown since the command line was read.
    const total = Math.max(this.#total, stored)
    const part = total === 0 ? 1 : stored / total
    const seconds = Math.max(0.001, (Date.now() - this.#startedAt) / 1_000)
    const sizes = `${formatBytes(stored)} of ${formatBytes(total)}, ${formatBytes(Math.round(stored / seconds))}/s`
    const percent = `${Math.floor(part * 100)}%`
    if (this.#screen.isTerminal) {
      const bar = '#'.repeat(Math.round(part * BAR)).padEnd(BAR, '.')
      this.#screen.status(`Uploading [${bar}] ${percent}, ${sizes}`)
    } else if (Date.now() >= this.#lineAt) {
      this.#lineAt = Date.now() + LINE_EVERY_MS
      this.#screen.note(`Uploading: ${percent}, ${sizes}`)
    }
  }

  [Symbol.dispose](): void {
    this.#screen.status(undefined)
  }
}
