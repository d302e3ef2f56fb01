import { onAbort } from '@bailiwick/contract'

/** Settles like the promise, or rejects with the signal's reason as soon as the signal is aborted. */
export function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    const forget = onAbort(signal, () => reject(signal.reason))
    Promise.resolve(work).then(resolve, reject).finally(forget)
  })
}
