/** Waits for a task while it holds a slot, and can stop waiting. */
interface Idle {
  giveUp(): void
}

/** Limits the number of tasks at the same time. Taking a slot waits for a free one. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []
  readonly #idle = new Set<Idle>()

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Takes a slot as soon as one is free. Resolves at once and not a microtask later, as an async function would, so that
   * messages sent then leave together with those sent before.
   */
  take(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#free--
    return Promise.resolve()
  }

  /** Takes a slot before all others that wait, also from one that holds a slot while it waits for a task. */
  async takeBack(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    const [idle] = this.#idle
    if (idle !== undefined) {
      this.#idle.delete(idle)
      idle.giveUp()
    }
    await new Promise<void>((resolve) => this.#waiting.unshift(resolve))
  }

  /** Waits for a task while holding a slot, which a resuming task may take back. */
  async whileIdle<T>(idle: Idle, task: Promise<T>): Promise<T> {
    this.#idle.add(idle)
    try {
      return await task
    } finally {
      this.#idle.delete(idle)
    }
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
