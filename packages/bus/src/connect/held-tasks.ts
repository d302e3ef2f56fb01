/**
 * The tasks that a process holds, with the subjects on which their deliveries are settled. They go out
 * with the heartbeat, so that whoever notices the process's death can hand them to the next one at once
 * instead of waiting for the acknowledgement time.
 */
export class HeldTasks {
  /** Tasks by delivery: one that was given twice is held until both deliveries are settled. */
  readonly #tasks = new Map<string, string>()
  readonly #listeners = new Set<() => void>()

  set(task: string, settleOn: string): void {
    this.#tasks.set(settleOn, task)
    this.#tell()
  }

  delete(settleOn: string): void {
    if (this.#tasks.delete(settleOn)) this.#tell()
  }

  /** By task: the subject on which its last delivery is settled. */
  list(): Record<string, string> {
    return Object.fromEntries([...this.#tasks].map(([settleOn, task]) => [task, settleOn]))
  }

  /** Calls back at every change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
