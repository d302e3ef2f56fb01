/** What one side pushes and the other takes, in order, unbounded. */
export class EventQueue<T> {
  #items: T[] = []
  #done = false
  #failure: { error: unknown } | undefined
  #wake: (() => void) | undefined

  push(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  end(): void {
    this.#done = true
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.end()
  }

  /** All that is there, waiting for the first; nothing once it has ended. @throws what it failed with. */
  async take(): Promise<T[] | undefined> {
    while (this.#items.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#done) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    const items = this.#items
    this.#items = []
    return items
  }
}
