const EVERY_MS = 2_000

/** Calls `report` with the latest value at most every two seconds, and not before two seconds have passed. */
export function everyTwoSeconds(report: (value: number) => void): (value: number) => void {
  let next = performance.now() + EVERY_MS
  return (value) => {
    if (performance.now() < next) return
    next = performance.now() + EVERY_MS
    report(value)
  }
}
