/** Calls back once nothing has been at work for a time. */
export class IdleTimer {
  readonly #idleMs: number | undefined
  readonly #expired: () => void
  #atWork = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** @param idleMs undefined: never. The time runs from the first end of something. */
  constructor(idleMs: number | undefined, expired: () => void) {
    this.#idleMs = idleMs
    this.#expired = expired
  }

  /** Something is at work from now on. @returns a function to call once, at its end */
  begin(): () => void {
    this.#atWork += 1
    clearTimeout(this.#timer)
    return () => {
      this.#atWork -= 1
      if (this.#atWork > 0 || this.#stopped || this.#idleMs === undefined) return
      this.#timer = setTimeout(this.#expired, this.#idleMs)
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }
}
