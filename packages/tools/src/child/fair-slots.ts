import { InputError } from '@bailiwick/contract'

/** The run and caller that a slot is for. Slots are shared between runs first, then between the callers of a run. */
export interface Share {
  run: string
  caller: string
}

/** How many slots there are, and how many of them one share may hold. */
export interface SlotLimits {
  total: number
  /** Slots that one run may hold. */
  perRun: number
  /** Calls of one caller in one run that may wait. Further calls are refused. */
  waiting: number
}

interface Caller {
  held: number
  readonly waiting: (() => void)[]
}

interface Run {
  held: number
  /** In the order of their last turns. */
  readonly callers: Map<string, Caller>
}

/**
 * Slots that runs share. A free slot goes to the run that holds the fewest, and within it to the caller that holds the
 * fewest; among equals, to the one that has waited longest for a turn. The last slot of all is kept for a run that holds
 * none, and the last slot of a run for a caller that holds none. So a second run, or a second caller, starts at once,
 * however many calls the first one makes.
 */
export class FairSlots {
  readonly #limits: SlotLimits
  /** The runs that hold a slot or wait for one, in the order of their last turns. */
  readonly #runs = new Map<string, Run>()
  #free: number

  constructor(limits: SlotLimits) {
    this.#limits = limits
    this.#free = limits.total
  }

  /**
   * Waits for a slot. Disposing of it passes it on.
   *
   * @throws InputError if too many calls of this share wait already; the signal's reason
   */
  async take({ run: runName, caller: callerName }: Share, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    const run = this.#runs.get(runName) ?? { held: 0, callers: new Map<string, Caller>() }
    const caller = run.callers.get(callerName) ?? { held: 0, waiting: [] }
    if (caller.waiting.length >= this.#limits.waiting) {
      throw new InputError(
        `expected at most ${this.#limits.waiting} waiting calls of ${callerName || 'one caller'} in a run, found one more: wait for some of them first`,
      )
    }
    this.#runs.set(runName, run)
    run.callers.set(callerName, caller)
    const forget = () => {
      if (caller.held === 0 && caller.waiting.length === 0) run.callers.delete(callerName)
      if (run.callers.size === 0) this.#runs.delete(runName)
    }
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        caller.waiting.splice(caller.waiting.indexOf(proceed), 1)
        forget()
        reject(signal.reason)
      }
      const proceed = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      caller.waiting.push(proceed)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#serve()
    })
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#free++
        run.held--
        caller.held--
        this.#toEnd(runName, callerName)
        forget()
        this.#serve()
      },
    }
  }

  /** Hands out slots until no waiting call can get one. */
  #serve(): void {
    for (;;) {
      const next = this.#next()
      if (next === undefined) return
      this.#free--
      next.run.held++
      next.caller.held++
      next.caller.waiting.shift()?.()
    }
  }

  #next(): { run: Run; caller: Caller } | undefined {
    const { perRun } = this.#limits
    const found = pick(this.#runs, (run) => {
      const isLast = this.#free === 1 && this.#limits.total > 1
      if (this.#free === 0 || (isLast && run.held > 0)) return undefined
      return pick(run.callers, (caller) => {
        const isLastOfRun = run.held === perRun - 1 && perRun > 1
        if (caller.waiting.length === 0 || run.held >= perRun || (isLastOfRun && caller.held > 0))
          return undefined
        return caller
      })
    })
    if (found === undefined) return undefined
    this.#toEnd(found.key, found.chosen.key)
    return { run: found.item, caller: found.chosen.item }
  }

  /** Puts a run and its caller behind their equals, at the start and at the end of a turn. */
  #toEnd(runName: string, callerName: string): void {
    const run = this.#runs.get(runName)
    if (run !== undefined) toEnd(run.callers, callerName)
    toEnd(this.#runs, runName)
  }
}

/** The item that holds the fewest slots, the first among equals, of those for which `choose` finds something. */
function pick<Item extends { held: number }, Chosen>(
  items: ReadonlyMap<string, Item>,
  choose: (item: Item) => Chosen | undefined,
): { key: string; item: Item; chosen: Chosen } | undefined {
  let best: { key: string; item: Item; chosen: Chosen } | undefined
  for (const [key, item] of items) {
    if (best !== undefined && best.item.held <= item.held) continue
    const chosen = choose(item)
    if (chosen !== undefined) best = { key, item, chosen }
  }
  return best
}

function toEnd<Item>(items: Map<string, Item>, key: string): void {
  const item = items.get(key)
  if (item === undefined) return
  items.delete(key)
  items.set(key, item)
}
