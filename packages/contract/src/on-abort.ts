const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal is aborted, until the returned function is called; never where it has been already.
 * For signals that many listen to for a short time each: their own listeners cost more than these, which share one.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const own = () => listener()
  const all = listenersOf(signal)
  all.add(own)
  return () => all.delete(own)
}

function listenersOf(signal: AbortSignal): Set<() => void> {
  const known = listeners.get(signal)
  if (known !== undefined) return known
  const all = new Set<() => void>()
  const tell = () => {
    for (const listener of [...all]) listener()
  }
  listeners.set(signal, all)
  signal.addEventListener('abort', tell, { once: true })
  return all
}
