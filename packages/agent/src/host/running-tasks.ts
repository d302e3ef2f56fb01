import { BailiwickError } from '@bailiwick/contract'

/** The tasks that a host is working on. */
export class RunningTasks {
  readonly #tasks = new Map<string, { stop: AbortController; over: Promise<void> }>()

  get size(): number {
    return this.#tasks.size
  }

  has(task: string): boolean {
    return this.#tasks.has(task)
  }

  /** Works on a task with its own signal. The task must not be running already. */
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

  /** Resolves when the task is not running any more, however it ended. */
  async settled(task: string): Promise<void> {
    await this.#tasks.get(task)?.over
  }

  /** Ends a task as canceled. @returns false if the task is not running here */
  cancel(task: string, reason: string): boolean {
    const found = this.#tasks.get(task)
    found?.stop.abort(new BailiwickError('canceled', reason))
    return found !== undefined
  }

  /** Stops work on all tasks and leaves them open in their journals, for the next host. */
  suspendAll(): void {
    for (const { stop } of this.#tasks.values()) {
      stop.abort(new BailiwickError('suspended', 'the host shut down; the next host continues the task'))
    }
  }
}
