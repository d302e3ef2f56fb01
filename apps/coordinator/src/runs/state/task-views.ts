import { type Bus, COORDINATOR, type JournalAppend, readAppends } from '@bailiwick/bus'
import type { JournalRecord, RecordOf, TaskSpec } from '@bailiwick/contract'
import { foldTaskView } from '@bailiwick/core/journal'
import { UnreadableList } from './unreadable-list.ts'
import { foldWatchedTask, type WatchedTask } from './watched-task.ts'

/** All tasks of one run, folded from their journals. */
export class TaskViews {
  readonly tasks = new Map<string, WatchedTask>()
  /** Questions that ended without a decision, as `<task>/<call>`. */
  readonly withdrawn = new Set<string>()
  readonly unreadable = new UnreadableList()
  /** Sequence of the last append that was taken. */
  #taken = 0

  /** Takes the creation of a task by this coordinator, before it comes from the stream. */
  created(spec: TaskSpec): void {
    const { task, agent } = spec
    if (this.tasks.has(task)) return
    const state = foldWatchedTask(undefined, { type: 'task.created', at: Date.now(), ...spec }, agent)
    if (state !== undefined) this.tasks.set(task, state)
  }

  /** Takes one more append to a journal of the run. Skips those that it has. */
  take({ writer, task, records, setAside, foreign, sequence }: JournalAppend): void {
    if (sequence <= this.#taken) return
    this.#taken = sequence
    // Skip messages that no writer produced.
    if (foreign) return
    for (const { reason } of setAside) this.unreadable.add({ task, message: sequence, reason })
    for (const record of records) {
      if (task === 'run') {
        if (writer === COORDINATOR && record.type === 'run.decided') this.#decide(record)
        continue
      }
      const state = foldWatchedTask(this.tasks.get(task), record, writer)
      if (state !== undefined) this.tasks.set(task, state)
      if (record.type === 'call.withdrawn' && state?.writer === writer) {
        this.withdrawn.add(`${task}/${record.call}`)
      }
    }
  }

  /** A call that was decided on is no question any more, also before its host knows. */
  #decide(record: RecordOf<'run.decided'>): void {
    const state = this.tasks.get(record.task)
    if (state !== undefined) foldTaskView<JournalRecord>(state, record)
  }
}

/** The tasks of one run, read from their journals once, and then kept up to date by the coordinator's feed. */
export class LiveTaskViews {
  readonly #views = new TaskViews()
  /** Appends that arrived while the journals were read. */
  #early: JournalAppend[] | undefined = []
  readonly #read: Promise<TaskViews>

  constructor(bus: Bus, run: string, signal: AbortSignal) {
    this.#read = this.#load(bus, run, signal)
    this.#read.catch(() => {}) // `read` reports the failure to its callers.
  }

  /** Resolves with the tasks when everything that was stored at the start has been read. */
  read(): Promise<TaskViews> {
    return this.#read
  }

  /** Takes an append of the feed. */
  take(append: JournalAppend): void {
    if (this.#early !== undefined) this.#early.push(append)
    else this.#views.take(append)
  }

  async #load(bus: Bus, run: string, signal: AbortSignal): Promise<TaskViews> {
    for await (const append of readAppends(bus, run, signal)) this.#views.take(append)
    for (const append of this.#early ?? []) this.#views.take(append)
    this.#early = undefined
    return this.#views
  }
}
