import type { Unreadable } from '@bailiwick/bus'

/** What this version cannot read of a run's journals: the first thing of each task, so that it stays small. */
export class Unread {
  readonly #byTask = new Map<string, Unreadable>()

  add(unreadable: Unreadable): void {
    if (!this.#byTask.has(unreadable.task)) this.#byTask.set(unreadable.task, unreadable)
  }

  list(): Unreadable[] {
    return [...this.#byTask.values()]
  }
}
