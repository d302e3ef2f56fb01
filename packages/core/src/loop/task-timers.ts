import { ExhaustedError } from '@bailiwick/contract'
import { deadlineOf } from '../gate/budget.ts'
import { onlyWaits, type TaskWorld } from '../journal/task-world.ts'

/** The longest delay that `setTimeout` accepts, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What the timers of a task need. */
interface TimedTask {
  state: TaskWorld
  now(): number
  /** Aborted when the task's time is up. */
  stop: AbortController
  /** Called when the task has only waited for people and delegates for `suspendAfterMs`. */
  leave(): void
  suspendAfterMs: number | undefined
}

/** Ends a task when its time is up, and leaves it if it only waits. Waiting uses up no time except the deadline. */
export class TaskTimers implements Disposable {
  readonly #task: TimedTask
  #waits: boolean | undefined
  /** Calls that wait for a person or a delegate in this process. A resumed task has to reach its calls first. */
  readonly #reached = new Set<string>()
  #timeUp: ReturnType<typeof setTimeout> | undefined
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(task: TimedTask) {
    this.#task = task
    this.update()
  }

  /** Call after each record. */
  update(): void {
    const { state, suspendAfterMs, leave } = this.#task
    const waits = onlyWaits(state)
    if (waits !== this.#waits) {
      this.#waits = waits
      this.#arm()
    }
    if (suspendAfterMs === undefined) return
    if (this.#linger !== undefined) clearTimeout(this.#linger)
    const isComplete = waits && state.steps.at(-1)?.waiting.size === this.#reached.size
    this.#linger = isComplete ? setTimeout(leave, suspendAfterMs) : undefined
  }

  /** Notes that a call waits, from when `wait` calls `reached` until its promise settles. */
  async during<T>(call: string, wait: (reached: () => void) => Promise<T>): Promise<T> {
    const reached = () => {
      this.#reached.add(call)
      this.update()
    }
    try {
      return await wait(reached)
    } finally {
      this.#reached.delete(call)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timeUp)
    clearTimeout(this.#linger)
  }

  #arm(): void {
    clearTimeout(this.#timeUp)
    const { state, now, stop } = this.#task
    const end = this.#waits ? state.spec.deadline : deadlineOf(state, now())
    if (end === undefined) return
    const left = end - now()
    const timeUp = () => stop.abort(new ExhaustedError('the task’s time is up', { limit: 'wallMs' }))
    if (left <= 0) timeUp()
    else if (left <= MAX_TIMER_MS) this.#timeUp = setTimeout(timeUp, left)
    else this.#timeUp = setTimeout(() => this.#arm(), MAX_TIMER_MS)
  }
}
