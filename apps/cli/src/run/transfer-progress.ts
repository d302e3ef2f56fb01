import { formatBytes } from '@bailiwick/contract'
import type { RunScreen } from './watch-run.ts'

/** Without a terminal, a line this often. Milliseconds. */
const LINE_EVERY_MS = 2_000
/** Characters of the bar on a terminal. */
const BAR = 24

/** Where progress is shown. */
export type ProgressScreen = Pick<RunScreen, 'note' | 'status' | 'isTerminal'>

/**
 * Shows the progress of uploads or downloads: a bar on a terminal, a line every two seconds elsewhere, even if nothing
 * moves.
 */
export class TransferProgress implements Disposable {
  readonly #screen: ProgressScreen
  readonly #what: 'Uploading' | 'Downloading'
  readonly #total: number
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout | undefined
  #done = 0

  constructor(
    screen: ProgressScreen,
    what: 'Uploading' | 'Downloading',
    files: readonly { readonly size: number }[],
  ) {
    this.#screen = screen
    this.#what = what
    this.#total = files.reduce((sum, { size }) => sum + size, 0)
    if (screen.isTerminal || this.#total === 0) return
    this.#timer = setInterval(() => {
      const { percent, sizes } = this.#state()
      screen.note(`${what}: ${percent}, ${sizes}`)
    }, LINE_EVERY_MS)
  }

  /** @param done the bytes of all files that have been transferred */
  update(done: number): void {
    this.#done = done
    if (!this.#screen.isTerminal) return
    const { part, percent, sizes } = this.#state()
    const bar = '#'.repeat(Math.round(part * BAR)).padEnd(BAR, '.')
    this.#screen.status(`${this.#what} [${bar}] ${percent}, ${sizes}`)
  }

  /** Call when the files are transferred, so that no line follows. Also clears the bar. */
  end(): void {
    clearInterval(this.#timer)
    this.#screen.status(undefined)
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #state(): { part: number; percent: string; sizes: string } {
    // A file may have grown since the command line was read.
    const total = Math.max(this.#total, this.#done)
    const part = total === 0 ? 1 : this.#done / total
    const seconds = Math.max(0.001, (Date.now() - this.#startedAt) / 1_000)
    const speed = formatBytes(Math.round(this.#done / seconds))
    return {
      part,
      percent: `${Math.floor(part * 100)}%`,
      sizes: `${formatBytes(this.#done)} of ${formatBytes(total)}, ${speed}/s`,
    }
  }
}
