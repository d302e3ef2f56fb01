/** Turns of the microtask queue in which a call of this process that waits for nothing is done. */
const AT_ONCE = 4

/** Resolves as the promise does, or rejects with the signal's reason as soon as it is aborted. */
export async function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const promise = Promise.resolve(work)
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  // Listening to a signal costs more than the rest of the gate: only what takes time is worth it.
  for (let turn = 0; turn < AT_ONCE && !settled; turn += 1) await undefined
  return await (settled ? promise : whichever(promise, signal))
}

function whichever<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
