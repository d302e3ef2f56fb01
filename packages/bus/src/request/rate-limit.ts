/** Messages per second to accept from one sender: far above what a host needs, far below what it could send. */
export const MESSAGES_PER_SECOND = 2_000

/**
 * Accepts a bounded number of messages per second from each sender, so that no sender can take all of a process's
 * time. Use it where a dropped message does no harm, because the sender repeats it.
 */
export class RateLimit {
  readonly #perSecond: number
  readonly #exceeded: (subject: string) => void
  readonly #counts = new Map<string, number>()
  #until = 0

  /** @param exceeded is called with the subject, which names the sender, at most once per second and subject */
  constructor(perSecond: number, exceeded: (subject: string) => void = () => {}) {
    this.#perSecond = perSecond
    this.#exceeded = exceeded
  }

  /** Counts a message on this subject. @returns false if the message must be dropped */
  accept(subject: string): boolean {
    const now = Date.now()
    if (now >= this.#until) {
      this.#until = now + 1_000
      this.#counts.clear()
    }
    const count = (this.#counts.get(subject) ?? 0) + 1
    this.#counts.set(subject, count)
    if (count === this.#perSecond + 1) this.#exceeded(subject)
    return count <= this.#perSecond
  }
}
