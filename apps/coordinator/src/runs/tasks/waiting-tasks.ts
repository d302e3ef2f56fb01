import { type Bus, type CallDecision, openJournal, ringTask, sendControl, wakeTask } from '@bailiwick/bus'
import { errorText, hasCode, type JournalRecord } from '@bailiwick/contract'
import { exhaustedResult } from '@bailiwick/core'
import { foldTaskWorld } from '@bailiwick/core/journal'
import { type IndexedRun, type IndexedTask, isReady } from '../run-index.ts'
import { RunLog } from '../state/run-log.ts'

/** Tasks that get something at a time. */
const MAX_AT_ONCE = 16
/** How long to wait before a decision is brought to a host again, at first and at most. Milliseconds. */
const RETRY_MS = 250
const MAX_RETRY_MS = 5_000
/** How often the deadlines of waiting tasks are checked. Milliseconds. */
const CHECK_DEADLINES_MS = 1_000

export interface WaitingTasksOptions {
  bus: Bus
  /** The runs that this coordinator drives. */
  driven(): Iterable<IndexedRun>
  /** The open run, if this coordinator drives it. */
  find(run: string): IndexedRun | undefined
  /** Makes sure that an agent that gets a task has a host. */
  needHost(agent: string): void
  signal: AbortSignal
  warn(message: string): void
}

/**
 * Brings to waiting tasks what they wait for: the decisions in the run's journal, and the news that a delegate has
 * ended. A task without a host gets a bell, a task with a host a message, until its own journal shows that it has what
 * it waits for. Ends tasks that wait beyond their deadline.
 */
export class WaitingTasks {
  readonly #options: WaitingTasksOptions
  /** Tasks to look at, as `<run> <task>`. */
  readonly #due = new Set<string>()
  /** How often each task was tried that still has undelivered decisions. */
  readonly #tries = new Map<string, number>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  /** The waits that have had their first bell. A wait is known by the list of its calls. */
  readonly #woken = new WeakSet<readonly string[]>()
  #active = 0

  constructor(options: WaitingTasksOptions) {
    this.#options = options
    const { signal } = options
    const deadlines = setInterval(() => this.#checkDeadlines(), CHECK_DEADLINES_MS)
    deadlines.unref()
    signal.addEventListener('abort', () => {
      clearInterval(deadlines)
      for (const timer of this.#timers.values()) clearTimeout(timer)
    })
  }

  /** Call when a task may be able to go on. */
  look({ run, task }: Pick<IndexedTask, 'run' | 'task'>): void {
    const key = `${run} ${task}`
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    this.#due.add(key)
    this.#begin()
  }

  #begin(): void {
    const { signal, warn } = this.#options
    for (const key of this.#due) {
      if (this.#active >= MAX_AT_ONCE || signal.aborted) return
      this.#due.delete(key)
      this.#active += 1
      const [run = '', task = ''] = key.split(' ')
      this.#bring(run, task)
        .catch((error: unknown) => {
          if (signal.aborted) return false
          warn(`Cannot bring task ${task} what it waits for yet: ${errorText(error)}`)
          return true
        })
        .then((again) => (again && !signal.aborted ? this.#later(key) : void this.#tries.delete(key)))
        .finally(() => {
          this.#active -= 1
          this.#begin()
        })
    }
  }

  /** Looks at the task again after a while. */
  #later(key: string): void {
    const tries = this.#tries.get(key) ?? 0
    this.#tries.set(key, tries + 1)
    if (this.#due.has(key)) return
    const [run = '', task = ''] = key.split(' ')
    const delayMs = Math.min(RETRY_MS * 2 ** tries, MAX_RETRY_MS)
    this.#timers.set(
      key,
      setTimeout(() => this.look({ run, task }), delayMs),
    )
  }

  /** @returns whether to look again */
  async #bring(run: string, id: string): Promise<boolean> {
    const task = this.#find(run, id)
    if (task === undefined) return false
    if (task.waiting === undefined) return task.decided.length > 0 && this.#tell(task)
    const open = this.#options.find(run)
    if (open === undefined || !isReady(task, open.tasks)) return false
    return this.#wake(task, task.waiting)
  }

  /** Sends decisions to the host that has the task. Its journal shows later that it has taken them. */
  async #tell(task: IndexedTask): Promise<true> {
    const { bus, signal } = this.#options
    for (const decision of await this.#decisionsOf(task)) {
      await sendControl(bus, task.agent, 'decide', { task: task.task, ...decision }, { signal })
    }
    return true
  }

  /** Rings for a task without a host. If the bell is lost, it is rung again like any other. */
  async #wake(task: IndexedTask, waiting: readonly string[]): Promise<boolean> {
    const { bus, needHost, signal } = this.#options
    needHost(task.agent)
    const bell = { ...task, ring: Date.now(), decisions: await this.#decisionsOf(task) }
    const ring = this.#woken.has(waiting) ? ringTask : wakeTask
    try {
      await ring(bus, bell, signal)
      this.#woken.add(waiting)
      return false
    } catch (error) {
      if (!hasCode(error, 'queue-full')) throw error
      return true
    }
  }

  async #decisionsOf({ run, task, decided }: IndexedTask): Promise<CallDecision[]> {
    if (decided.length === 0) return []
    const state = await new RunLog(this.#options.bus, run).load()
    return decided.flatMap((call) => {
      const found = state?.decisions?.get(`${task}/${call}`)
      if (found === undefined) return []
      const { decision, reason, by } = found
      return [{ call, decision, ...(reason !== undefined && { reason }), by }]
    })
  }

  #find(run: string, task: string): IndexedTask | undefined {
    return this.#options.find(run)?.tasks.find((one) => one.task === task)
  }

  #checkDeadlines(): void {
    const { driven, signal, warn } = this.#options
    const now = Date.now()
    for (const { tasks } of driven()) {
      for (const task of tasks) {
        if (task.waiting === undefined || task.deadline === undefined || now < task.deadline) continue
        this.#endOverdue(task).catch((error: unknown) => {
          if (!signal.aborted) warn(`Cannot end task ${task.task} at its deadline: ${errorText(error)}`)
        })
      }
    }
  }

  /** Ends a task as its host would. If a host has just taken it, that one ends it. */
  async #endOverdue({ agent, run, task }: IndexedTask): Promise<void> {
    const journal = openJournal(this.#options.bus, { writer: agent, run, task }, { short: true })
    const records: JournalRecord[] = []
    for await (const record of journal.read()) records.push(record)
    if (records.at(-1)?.type !== 'task.waiting') return
    const state = foldTaskWorld(records)
    const at = Date.now()
    try {
      await journal.append([
        ...state.asked.map(({ step, call }) => ({ type: 'call.withdrawn', at, step, call }) as const),
        { type: 'task.ended', at, ...exhaustedResult(state, 'the task’s time is up', 'wallMs') },
      ])
    } catch (error) {
      if (!hasCode(error, 'fenced')) throw error
    }
  }
}
