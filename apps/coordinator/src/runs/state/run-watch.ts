import { type Bus, followJournal } from '@bailiwick/bus'
import { type TaskResult, taskResultOf } from '@bailiwick/contract'
import { UnreadableList } from './unreadable-list.ts'
import { foldWatchedTask, type WatchedTask } from './watched-task.ts'

/** Follows the journals of all tasks of one run. */
export class RunWatch implements Disposable {
  readonly tasks = new Map<string, WatchedTask>()
  readonly unreadable = new UnreadableList()
  readonly #ended = new AbortController()
  readonly #waiting = new Map<string, Set<(result: TaskResult) => void>>()
  readonly following: Promise<void>

  constructor(bus: Bus, run: string) {
    this.following = this.#follow(bus, run)
    // `end` reports a failure to its callers.
    this.following.catch(() => {})
  }

  /** Waits for the result of a task from its own journal. */
  async end(task: string, signal: AbortSignal): Promise<TaskResult> {
    const known = this.tasks.get(task)?.ended
    if (known !== undefined) return taskResultOf(known)
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<TaskResult>()
    const waiting = this.#waiting.get(task) ?? new Set()
    this.#waiting.set(task, waiting.add(resolve))
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.following.catch(reject)
    try {
      return await promise
    } finally {
      waiting.delete(resolve)
      signal.removeEventListener('abort', abort)
    }
  }

  async #follow(bus: Bus, run: string): Promise<void> {
    const source = { run, signal: this.#ended.signal }
    for await (const { writer, task, records, setAside, foreign, sequence } of followJournal(bus, source)) {
      if (foreign) continue
      for (const { reason } of setAside) this.unreadable.add({ task, message: sequence, reason })
      if (task === 'run') continue
      for (const record of records) {
        const state = foldWatchedTask(this.tasks.get(task), record, writer)
        if (state !== undefined) this.tasks.set(task, state)
        if (state?.ended === undefined) continue
        for (const resolve of this.#waiting.get(task) ?? []) resolve(taskResultOf(state.ended))
      }
    }
  }

  [Symbol.dispose](): void {
    this.#ended.abort()
  }
}
