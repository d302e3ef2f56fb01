/**
 * Accepts a bounded number of messages per second from each sender of many that are not known, so that no sender can take
 * all of a process's time. Use it where a dropped message does no harm, because the sender repeats it.
 */
export class RateLimit {
  readonly #perSecond: number
  readonly #counts = new Map<string, number>()
  #until = 0

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Counts a message on this subject. @returns false if the message must be dropped */
  accept(subject: string): boolean {
    const now = Date.now()
    // Also begins again if the clock was set back.
    if (now >= this.#until || now < this.#until - 1_000) {
      this.#until = now + 1_000
      this.#counts.clear()
    }
    const count = (this.#counts.get(subject) ?? 0) + 1
    this.#counts.set(subject, count)
    return count <= this.#perSecond
  }
}
