import { writeSync } from 'node:fs'
import { meansDiskFull } from './config/disk-space.ts'

/** More lines than this are not kept while the disk is full: the oldest are dropped. */
const MAX_WAITING = 1_000
/** How often to try again while the disk is full. Milliseconds. */
const RETRY_MS = 1_000

/** Writes lines to a file descriptor. What a full disk refuses is written when there is room. */
export class DaemonLog {
  readonly #write: (bytes: Uint8Array) => number
  #waiting: Uint8Array[] = []
  #retry: NodeJS.Timeout | undefined

  /** @param write default: to stderr */
  constructor(write = (bytes: Uint8Array) => writeSync(2, bytes)) {
    this.#write = write
  }

  line(text: string): void {
    this.#waiting.push(Buffer.from(`${new Date().toISOString()} ${text}\n`))
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    if (this.#retry === undefined) this.#flush()
  }

  #flush(): void {
    this.#retry = undefined
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      try {
        const written = this.#write(next)
        if (written < next.length) this.#waiting[0] = next.subarray(written)
        else this.#waiting.shift()
      } catch (error) {
        if (meansDiskFull(error)) {
          this.#retry = setTimeout(() => this.#flush(), RETRY_MS).unref()
          return
        }
        this.#waiting.shift() // Nobody can read it, for example because stderr is closed.
      }
    }
  }
}
