/** Messages of one sender that are looked at in a second. What one host may need is far below, what it could send far above. */
export const MESSAGES_PER_SECOND = 2_000

/**
 * Keeps one sender from taking all of a process's time: what comes beyond so many messages in a second is to be
 * dropped before anything is done about it. For what is harmless to lose, because it is asked again.
 */
export class Admission {
  readonly #perSecond: number
  readonly #dropping: (subject: string) => void
  readonly #counts = new Map<string, number>()
  #until = 0

  /** @param dropping hears of a subject, which names the sender, once in each second in which something is dropped */
  constructor(perSecond: number, dropping: (subject: string) => void = () => {}) {
    this.#perSecond = perSecond
    this.#dropping = dropping
  }

  /** Whether a message on this subject may be looked at. */
  takes(subject: string): boolean {
    const now = Date.now()
    if (now >= this.#until) {
      this.#until = now + 1_000
      this.#counts.clear()
    }
    const count = (this.#counts.get(subject) ?? 0) + 1
    this.#counts.set(subject, count)
    if (count === this.#perSecond + 1) this.#dropping(subject)
    return count <= this.#perSecond
  }
}
