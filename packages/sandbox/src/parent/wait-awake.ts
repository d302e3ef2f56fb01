import { availableParallelism } from 'node:os'

/** An answer within this time is quick, ms. The loop never stays awake for longer. */
const QUICK_MS = 0.2
/** Frames are close if one leaves within this time after the last answer, ms. */
const CLOSE_MS = 1
/** Each quick answer adds one credit and each slow one costs `SLOW_COST`. From this credit on, the loop stays awake. */
const ENOUGH_CREDIT = 16
const MAX_CREDIT = 64
const SLOW_COST = 16

/**
 * Keeps the event loop awake for up to 0.2 ms while a quick answer is due. Putting the process to sleep and waking it
 * takes longer than a guest's turn between two calls: "call, one by one" in bench/sandbox/main.ts took 1.9 to 2.1 times
 * a raw round trip without this, and takes 1.1 times with it. Other work runs meanwhile. The loop sleeps as usual if
 * answers are slow or far apart, or if the machine has one processor.
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

  /** True while the event loop stays awake for an answer. */
  get awake(): boolean {
    return this.#turning
  }

  /** A frame was sent that will be answered. */
  sent(): void {
    const now = this.#now()
    this.#sentAt = now
    if (!this.#several || this.#credit < ENOUGH_CREDIT || now - this.#answeredAt > CLOSE_MS) return
    this.#until = now + QUICK_MS
    if (this.#turning) return
    this.#turning = true
    setImmediate(this.#turn)
  }

  /** The answer has arrived. */
  answered(): void {
    if (this.#sentAt === undefined) return
    const now = this.#now()
    const quick = now - this.#sentAt < QUICK_MS
    this.#credit = quick ? Math.min(MAX_CREDIT, this.#credit + 1) : Math.max(0, this.#credit - SLOW_COST)
    this.#answeredAt = now
    this.#sentAt = undefined
    this.#until = 0
  }

  readonly #turn = (): void => {
    if (this.#now() < this.#until) setImmediate(this.#turn)
    else this.#turning = false
  }
}
