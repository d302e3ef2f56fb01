/** Holds a slot while it waits for a task, and can stop waiting. */
interface Idle {
  giveUp(): void
}

/** How many tasks may be worked on at a time; whoever takes one waits for it. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []
  readonly #idle = new Set<Idle>()

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Resolves as soon as a slot is free, which is then taken. Not a moment later, as it would be in an async function:
   * what is done with it then leaves with what was said before.
   */
  take(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#free--
    return Promise.resolve()
  }

  /** As `take`, before all who wait, those included who hold a slot for a task still to come. */
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

  /** Waits for a task with a slot in hand, which a task that goes on may claim. */
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
