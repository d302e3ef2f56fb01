/** How long a wait goes unreported, milliseconds. */
const REPORT_AFTER_MS = 2_000
/** How often the same wait is reported, milliseconds. Many operations may wait for one thing. */
const REPORT_EVERY_MS = 10_000

/** Reports what operations of a connection wait for, if they wait for more than two seconds. */
export class Waits {
  readonly #listeners = new Set<(what: string) => void>()
  readonly #reported = new Map<string, number>()

  /**
   * Calls the listener with a sentence for people, such as "Waiting for the toolbox, which stores files." At most every
   * ten seconds for the same sentence.
   *
   * @returns a function that removes the listener
   */
  onWait(listener: (what: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begins a wait. Disposing ends it. */
  begin(what: string): Disposable {
    const timer = setTimeout(() => this.#report(what), REPORT_AFTER_MS)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  }

  #report(what: string): void {
    if (Date.now() < (this.#reported.get(what) ?? 0) + REPORT_EVERY_MS) return
    this.#reported.set(what, Date.now())
    for (const listener of this.#listeners) listener(what)
  }
}
