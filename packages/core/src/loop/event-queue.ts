type Waiting<T> = Pick<PromiseWithResolvers<T>, 'resolve' | 'reject'>

/**
 * What one side pushes and the other iterates over, in order, unbounded. Written by hand where an async
 * generator would do: a generator resumes three times for each event, and there are ten a step.
 */
export class EventQueue<T> implements AsyncIterator<T> {
  #items: T[] = []
  #taken = 0
  #end: { error?: unknown } | undefined
  readonly #waiting: Waiting<IteratorResult<T>>[] = []

  push(item: T): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#items.push(item)
    else next.resolve({ value: item, done: false })
  }

  end(): void {
    this.#finish({})
  }

  fail(error: unknown): void {
    this.#finish({ error })
  }

  /** The next item, as soon as there is one. @throws what the queue failed with, once, after the last item. */
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

  #finish(end: { error?: unknown }): void {
    this.#end = end
    for (const waiting of this.#waiting.splice(0)) this.next().then(waiting.resolve, waiting.reject)
  }
}
