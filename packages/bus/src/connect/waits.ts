/** How long a wait goes unreported, milliseconds. */
const REPORT_AFTER_MS = 2_000
/** A wait that begins again within this time is still the same, milliseconds. */
const SAME_WITHIN_MS = 10_000

/** What several operations wait for. */
interface Wait {
  /** Operations that wait now. */
  open: number
  isReported: boolean
  over: NodeJS.Timeout | undefined
}

/** Reports what operations of a connection wait for, if they wait for more than two seconds. */
export class Waits {
  readonly #listeners = new Set<(what: string) => void>()
  readonly #overListeners = new Set<(what: string) => void>()
  readonly #waits = new Map<string, Wait>()

  /**
   * Calls the listener with a sentence for people, such as "Waiting for the toolbox, which stores files." Once,
   * however many operations wait for the same thing, until the wait has been over for ten seconds.
   *
   * @returns a function that removes the listener
   */
  onWait(listener: (what: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls the listener with the sentence when a wait that was reported is over. @returns a function that removes it */
  onOver(listener: (what: string) => void): () => void {
    this.#overListeners.add(listener)
    return () => this.#overListeners.delete(listener)
  }

  /** The sentences of reported waits that are not over. */
  get current(): string[] {
    return [...this.#waits].flatMap(([what, { isReported }]) => (isReported ? [what] : []))
  }

  /** Begins a wait. Disposing ends it. */
  begin(what: string): Disposable {
    const wait = this.#waits.get(what) ?? { open: 0, isReported: false, over: undefined }
    this.#waits.set(what, wait)
    wait.open += 1
    clearTimeout(wait.over)
    const timer = setTimeout(() => this.#report(what, wait), REPORT_AFTER_MS)
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer)
        wait.open -= 1
        if (wait.open === 0) this.#endLater(what, wait)
      },
    }
  }

  #report(what: string, wait: Wait): void {
    if (wait.isReported) return
    wait.isReported = true
    for (const listener of this.#listeners) listener(what)
  }

  #endLater(what: string, wait: Wait): void {
    const end = () => {
      this.#waits.delete(what)
      if (wait.isReported) for (const listener of this.#overListeners) listener(what)
    }
    if (wait.isReported) wait.over = setTimeout(end, SAME_WITHIN_MS).unref()
    else end()
  }
}
