/** Tasks that the coordinator works on at the same time. Others wait without holding anything. */
export const MAX_OWN_TASKS = 64

/**
 * The coordinator's own tasks (plans and answers) that are at work. They run beside their runs' graphs: a run waits for
 * them as for any other task.
 */
export class OwnTasks {
  readonly #signal: AbortSignal
  readonly #wake: (run: string) => void
  readonly #limit: number
  readonly #working = new Map<string, { run: string; stop: AbortController; done: Promise<void> }>()
  /** Runs that wait for room, the longest waiting first. */
  readonly #waiting = new Set<string>()
  /** Runs that were woken because there is room, and have not used it yet. */
  readonly #invited = new Set<string>()

  /**
   * @param signal stops all tasks
   * @param wake called with a run that found no room, when there is some
   */
  constructor(signal: AbortSignal, wake: (run: string) => void, limit = MAX_OWN_TASKS) {
    this.#signal = signal
    this.#wake = wake
    this.#limit = limit
  }

  has(task: string): boolean {
    return this.#working.has(task)
  }

  /** Whether a task of the run is at work, or the run waits for room. */
  concerns(run: string): boolean {
    if (this.#waiting.has(run) || this.#invited.has(run)) return true
    return [...this.#working.values()].some((one) => one.run === run)
  }

  /** The number of tasks that are at work. */
  get size(): number {
    return this.#working.size
  }

  /** Whether a run may start a task now. If not, the run is woken when it may. */
  admit(run: string): boolean {
    if (this.#invited.delete(run)) return true
    if (this.#working.size + this.#invited.size < this.#limit) return true
    this.#waiting.add(run)
    return false
  }

  /** Starts an admitted task. `work` never rejects. */
  start(run: string, task: string, work: (signal: AbortSignal) => Promise<void>): void {
    const stop = new AbortController()
    const done = work(AbortSignal.any([this.#signal, stop.signal])).finally(() => {
      this.#working.delete(task)
      this.#invite()
    })
    this.#working.set(task, { run, stop, done })
  }

  /** Stops the tasks of a run, and forgets that it waits. Resolves when they have stopped. */
  async stop(run: string, reason: () => unknown): Promise<void> {
    this.#waiting.delete(run)
    if (this.#invited.delete(run)) this.#invite()
    const its = [...this.#working.values()].filter((one) => one.run === run)
    for (const { stop } of its) stop.abort(reason())
    await Promise.all(its.map(({ done }) => done))
  }

  /** Resolves when no task is at work. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#working.values()].map(({ done }) => done))
  }

  #invite(): void {
    for (const run of this.#waiting) {
      if (this.#working.size + this.#invited.size >= this.#limit) return
      this.#waiting.delete(run)
      this.#invited.add(run)
      this.#wake(run)
    }
  }
}
