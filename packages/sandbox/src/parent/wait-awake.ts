import { availableParallelism } from 'node:os'

/** An answer within this is a quick one, ms: longer is never waited for awake. */
const QUICK_MS = 0.2
/** Frames follow each other closely where one leaves within this of the last answer, ms. */
const CLOSE_MS = 1
/** Quick answers, less sixteen for each that was not: from this on the next is waited for awake. */
const ENOUGH = 16
const MOST = 64
const SLOW_COSTS = 16

/**
 * Going to sleep and being woken takes longer than a guest's turn between two calls does. So where quick
 * answers follow each other closely, the event loop goes round for a moment instead of sleeping: whatever
 * else is due runs meanwhile. A guest that computes, a tool that takes its time and a machine that has no
 * processor to spare make it sleep as ever.
 */
export class WaitAwake {
  #sentAt: number | undefined
  #answeredAt = 0
  #credit = 0
  #until = 0
  #turning = false
  readonly #now: () => number
  readonly #several: boolean

  constructor(now = () => performance.now(), processors = availableParallelism()) {
    this.#now = now
    this.#several = processors > 1
  }

  /** The event loop goes round until the answer is there, or too late to be a quick one. */
  get awake(): boolean {
    return this.#turning
  }

  /** What has left will be answered. */
  sent(): void {
    const now = this.#now()
    this.#sentAt = now
    if (!this.#several || this.#credit < ENOUGH || now - this.#answeredAt > CLOSE_MS) return
    this.#until = now + QUICK_MS
    if (this.#turning) return
    this.#turning = true
    setImmediate(this.#turn)
  }

  answered(): void {
    if (this.#sentAt === undefined) return
    const now = this.#now()
    const quick = now - this.#sentAt < QUICK_MS
    this.#credit = quick ? Math.min(MOST, this.#credit + 1) : Math.max(0, this.#credit - SLOW_COSTS)
    this.#answeredAt = now
    this.#sentAt = undefined
    this.#until = 0
  }

  readonly #turn = (): void => {
    if (this.#now() < this.#until) setImmediate(this.#turn)
    else this.#turning = false
  }
}
