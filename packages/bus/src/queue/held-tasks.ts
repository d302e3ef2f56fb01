/**
 * The tasks that a process holds, with the subjects on which their deliveries are settled. They go out
 * with the heartbeat, so that whoever notices the process's death can hand them to the next one at once
 * instead of waiting for the acknowledgement time.
 */
export class HeldTasks {
  readonly #settleOn = new Map<string, string>()
  readonly #listeners = new Set<() => void>()

  set(task: string, settleOn: string): void {
    this.#settleOn.set(task, settleOn)
    this.#tell()
  }

  delete(task: string, settleOn: string): void {
    if (this.#settleOn.get(task) !== settleOn) return
    this.#settleOn.delete(task)
    this.#tell()
  }

  /** By task: the subject on which its delivery is settled. */
  list(): Record<string, string> {
    return Object.fromEntries(this.#settleOn)
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
