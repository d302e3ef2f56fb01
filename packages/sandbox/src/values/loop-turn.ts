/** Time for work on guests' data in one turn of the event loop, for all sessions together, ms. */
const SLICE_MS = 2

let end: number | undefined

/**
 * Tells whether this turn of the event loop has used its time. Further work must then wait for the next turn, so that
 * many guests together block the loop for no longer than one.
 */
export function turnIsOver(): boolean {
  const now = performance.now()
  if (end === undefined) {
    end = now + SLICE_MS
    setImmediate(() => {
      end = undefined
    })
  }
  return now >= end
}

/** Waits for the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
