/** How long a record waits at most for others that nobody is waiting for either, ms. */
const LINGER_MS = 10

const waiting = new Set<() => void>()
let armed = false

/** Calls back in a moment. One timer serves all tasks of a process: one of its own would cost a task more than its records. */
export function linger(begin: () => void): void {
  waiting.add(begin)
  if (armed) return
  armed = true
  setTimeout(() => {
    armed = false
    const due = [...waiting]
    waiting.clear()
    for (const one of due) one()
  }, LINGER_MS)
}

/** What waited goes out now, or not at all. */
export function lingerNoMore(begin: () => void): void {
  waiting.delete(begin)
}
