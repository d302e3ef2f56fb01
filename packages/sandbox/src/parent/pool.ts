import { availableParallelism } from 'node:os'
import { SandboxError } from '@bailiwick/contract/world'
import type { Box } from './box.ts'
import type { ChildBox } from './child-box.ts'

/** Delay before a new spare is started, so that the session that took the last one goes first, ms. */
const SPARE_DELAY_MS = 30

interface Waiter {
  grant(): void
  refuse(reason: unknown): void
}

/** Limits how many children work at once and keeps one more warm. Sessions beyond the limit wait in order. */
export class Pool {
  readonly #size: number
  readonly #start: () => ChildBox
  #busy = 0
  readonly #waiting: Waiter[] = []
  #spare: ChildBox | undefined
  #spareTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(start: () => ChildBox, size = defaultPoolSize()) {
    this.#size = size
    this.#start = start
    this.#spare = this.#warm()
  }

  /** Waits for a place and takes it. A session keeps its place when its box is replaced. */
  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw new SandboxError('The sandbox is closed.')
    if (this.#busy < this.#size) {
      this.#busy += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
        refuse: reject,
      }
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(waiter)
    })
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#busy -= 1
    else next.grant()
  }

  /** Returns a fresh box: the spare if there is one. */
  take(): Box {
    if (this.#closed) throw new SandboxError('The sandbox is closed.')
    const spare = this.#spare
    this.#spare = undefined
    this.#spareTimer ??= setTimeout(() => {
      this.#spareTimer = undefined
      if (!this.#closed) this.#spare ??= this.#warm()
    }, SPARE_DELAY_MS).unref()
    const box = spare?.alive ? spare : this.#start()
    box.background(false)
    return box
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#spareTimer)
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(new SandboxError('The sandbox is closed.'))
    await this.#spare?.close()
  }

  #warm(): ChildBox {
    const box = this.#start()
    box.background(true)
    return box
  }
}

/** Two worlds per core, because a world mostly waits for calls. */
export function defaultPoolSize(): number {
  return Math.max(4, 2 * availableParallelism())
}
