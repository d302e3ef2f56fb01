/** Work on guests' bytes in one turn of the event loop, ms, for all sessions together. */
const SLICE_MS = 2

let end: number | undefined

/**
 * True when this turn of the event loop has done its share: what is left waits for the next, so that
 * many guests cost the loop no more in one go than one does.
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

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
