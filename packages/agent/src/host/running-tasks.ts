import { BailiwickError } from '@bailiwick/contract'

/** The tasks that a host has at work, and how they are stopped. */
export class AtWork {
  readonly #tasks = new Map<string, { stop: AbortController; over: Promise<void> }>()

  get size(): number {
    return this.#tasks.size
  }

  has(task: string): boolean {
    return this.#tasks.has(task)
  }

  /** Works on a task, which must not be at work already, with a signal of its own. */
  async run(task: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController()
    const { promise: over, resolve } = Promise.withResolvers<void>()
    this.#tasks.set(task, { stop, over })
    try {
      await work(stop.signal)
    } finally {
      this.#tasks.delete(task)
      resolve()
    }
  }

  /** Resolves when a task is at work no longer, however that came. */
  async settled(task: string): Promise<void> {
    await this.#tasks.get(task)?.over
  }

  /** Ends a task as canceled. @returns whether it was here */
  cancel(task: string, reason: string): boolean {
    const found = this.#tasks.get(task)
    found?.stop.abort(new BailiwickError('canceled', reason))
    return found !== undefined
  }

  /** Leaves every task open in its journal: the next host goes on with it. */
  suspendAll(): void {
    for (const { stop } of this.#tasks.values()) {
      stop.abort(new BailiwickError('suspended', 'the host is leaving; the next one goes on'))
    }
  }
}
