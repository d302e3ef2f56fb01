const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `listener` when the signal is aborted. Does nothing if the signal is already aborted. Returns a function that
 * removes the listener. All listeners of a signal share one event listener, which is cheaper for a signal with many
 * short-lived listeners.
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
  const callAll = () => {
    for (const listener of [...all]) listener()
  }
  listeners.set(signal, all)
  signal.addEventListener('abort', callAll, { once: true })
  return all
}
