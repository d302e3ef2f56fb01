/** Longest work in one go, ms: the loop turns between slices. */
const SLICE_MS = 3

/** Runs a generator to its end, a few milliseconds at a time. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let until = performance.now() + SLICE_MS
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
    if (performance.now() < until) continue
    await new Promise((resolve) => setImmediate(resolve))
    until = performance.now() + SLICE_MS
  }
}
