import type { CallWait } from '@bailiwick/contract/world'

/**
 * Adds up the time that a step's code waits for calls. Time in which the code runs does not count, nor does time in
 * which every open call waits for a person or a delegate.
 */
export class WaitClock {
  readonly #maxMs: number
  readonly #expired: () => void
  #isWaiting = false
  /** Open calls that wait for neither a person nor a delegate. */
  #counted = 0
  #waitedMs = 0
  /** When the present wait began. Undefined while none counts. */
  #since: number | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** @param maxMs limit of the sum, ms */
  constructor(maxMs: number, expired: () => void) {
    this.#maxMs = maxMs
    this.#expired = expired
  }

  /** Tells whether the code is waiting now. */
  waiting(is: boolean): void {
    if (is === this.#isWaiting) return
    this.#isWaiting = is
    this.#update()
  }

  /** A call begins. */
  begin(): CallWait & { end(): void } {
    let counts = true
    let ended = false
    const set = (now: boolean) => {
      if (now === counts || ended) return
      counts = now
      this.#counted += now ? 1 : -1
      this.#update()
    }
    this.#counted += 1
    this.#update()
    return {
      pause: () => set(false),
      resume: () => set(true),
      end: () => {
        set(false)
        ended = true
      },
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #update(): void {
    const counts = this.#isWaiting && this.#counted > 0
    if (counts === (this.#since !== undefined)) return
    if (this.#since !== undefined) {
      this.#waitedMs += performance.now() - this.#since
      this.#since = undefined
      return
    }
    this.#since = performance.now()
    // One timer for all waits: arming one for each of 60,000 a second costs too much.
    if (this.#timer === undefined && !this.#stopped) this.#arm()
  }

  #arm(): void {
    const waited = this.#waitedMs + (this.#since === undefined ? 0 : performance.now() - this.#since)
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        const now = this.#waitedMs + (this.#since === undefined ? 0 : performance.now() - this.#since)
        if (this.#since === undefined) return
        if (now >= this.#maxMs) this.#expired()
        else this.#arm()
      },
      Math.max(0, this.#maxMs - waited) + 1,
    )
  }
}
