import type { Unreadable } from '@bailiwick/bus'

/** The messages of a run's journals that this version cannot read. Keeps only the first of each task. */
export class UnreadableList {
  readonly #byTask = new Map<string, Unreadable>()

  add(unreadable: Unreadable): void {
    if (!this.#byTask.has(unreadable.task)) this.#byTask.set(unreadable.task, unreadable)
  }

  list(): Unreadable[] {
    return [...this.#byTask.values()]
  }
}
