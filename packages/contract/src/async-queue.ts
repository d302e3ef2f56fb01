type Waiting<T> = Pick<PromiseWithResolvers<IteratorResult<T>>, 'resolve' | 'reject'>

/**
 * An unbounded queue between one side that pushes and one that iterates, in order. Not an async generator, because a
 * generator resumes three times for each item.
 *
 * @example
 * const queue = new AsyncQueue<number>()
 * queue.push(1)
 * queue.end()
 * for await (const item of queue) console.log(item) // 1
 */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  #items: T[] = []
  #taken = 0
  #end: { error?: unknown } | undefined
  readonly #waiting: Waiting<T>[] = []

  /** @param signal ends the queue when it is aborted */
  constructor(signal?: AbortSignal) {
    if (signal?.aborted) this.end()
    else signal?.addEventListener('abort', () => this.end(), { once: true })
  }

  /** Adds an item. Does nothing after the end. */
  push(item: T): void {
    if (this.#end !== undefined) return
    const next = this.#waiting.shift()
    if (next === undefined) this.#items.push(item)
    else next.resolve({ value: item, done: false })
  }

  /** Ends the iteration after the items pushed so far. */
  end(): void {
    this.#finish({})
  }

  /** Fails the iteration after the items pushed so far. */
  fail(error: unknown): void {
    this.#finish({ error })
  }

  /** Ends the queue and removes the items that were not read. */
  drain(): T[] {
    this.end()
    const rest = this.#items.slice(this.#taken)
    this.#items = []
    this.#taken = 0
    return rest
  }

  /** The next item, as soon as there is one. @throws the error given to `fail`, once, after the last item */
  next(): Promise<IteratorResult<T>> {
    const { length } = this.#items
    if (this.#taken < length) {
      const value = this.#items[this.#taken] as T
      this.#taken += 1
      if (this.#taken === length) {
        this.#items = []
        this.#taken = 0
      }
      return Promise.resolve({ value, done: false })
    }
    const end = this.#end
    if (end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    }
    this.#end = {}
    return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true })
  }

  /** Ends the queue when the reader stops early. */
  return(): Promise<IteratorResult<T>> {
    this.drain()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    for (const waiting of this.#waiting.splice(0)) this.next().then(waiting.resolve, waiting.reject)
  }
}
