/**
 * The tasks that a process holds, with the subjects on which their deliveries are settled. Heartbeats carry them, so
 * that the coordinator can give the tasks of a dead process to another host at once instead of after the
 * acknowledgement time.
 */
export class HeldTasks {
  /** Tasks by delivery: a task that was delivered twice is held until both deliveries are settled. */
  readonly #tasks = new Map<string, string>()
  readonly #listeners = new Set<() => void>()

  set(task: string, settleOn: string): void {
    this.#tasks.set(settleOn, task)
    this.#notify()
  }

  delete(settleOn: string): void {
    if (this.#tasks.delete(settleOn)) this.#notify()
  }

  /** By task: the subject on which its last delivery is settled. */
  list(): Record<string, string> {
    return Object.fromEntries([...this.#tasks].map(([settleOn, task]) => [task, settleOn]))
  }

  /** Calls the listener after every change. @returns a function that removes the listener */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}
