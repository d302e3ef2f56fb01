import { BailiwickError } from '@bailiwick/core/contract'

/** The tasks that a host has at work, and how they are stopped. */
export class AtWork {
  readonly #stops = new Map<string, AbortController>()

  get size(): number {
    return this.#stops.size
  }

  has(task: string): boolean {
    return this.#stops.has(task)
  }

  /** Works on a task, which must not be at work already, with a signal of its own. */
  async run(task: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController()
    this.#stops.set(task, stop)
    try {
      await work(stop.signal)
    } finally {
      this.#stops.delete(task)
    }
  }

  /** Ends a task as canceled. @returns whether it was here */
  cancel(task: string, reason: string): boolean {
    const stop = this.#stops.get(task)
    stop?.abort(new BailiwickError('canceled', reason))
    return stop !== undefined
  }

  /** Leaves every task open in its journal: the next host goes on with it. */
  suspendAll(): void {
    for (const stop of this.#stops.values()) {
      stop.abort(new BailiwickError('suspended', 'the host is leaving; the next one goes on'))
    }
  }
}
