import { nextTurn, turnIsOver } from './loop-turn.ts'

/** Runs a generator to its end, a few milliseconds per turn of the event loop. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    while (turnIsOver()) await nextTurn()
    const next = work.next()
    if (next.done === true) return next.value
  }
}
