/** What callbacks push, as an async iterable with one reader; ends when aborted. */
export class Buffered<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #wake: (() => void) | undefined
  #ended = false
  #error: unknown

  constructor(signal?: AbortSignal) {
    if (signal?.aborted) this.#ended = true
    signal?.addEventListener('abort', () => this.end(), { once: true })
  }

  push(item: T): void {
    if (this.#ended) return
    this.#items.push(item)
    this.#wake?.()
  }

  /** Ends after what was pushed; with an error, the reader gets it then. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  /** What was pushed and not read; afterwards nothing is. */
  rest(): T[] {
    this.end()
    return this.#items.splice(0)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) {
        yield item
        continue
      }
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error
        return
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
