import { availableParallelism } from 'node:os'

/** Children that run at a time. Others wait, so that fifty calls at once do not start fifty processes. */
const MAX_CHILDREN = Math.max(2, availableParallelism())

let free = MAX_CHILDREN
const waiting: (() => void)[] = []

/** Waits for a slot. Disposing of it passes it to the next in line. @throws the signal's reason */
export async function takeSlot(signal: AbortSignal): Promise<Disposable> {
  signal.throwIfAborted()
  if (free > 0) free--
  else await wait(signal)
  return { [Symbol.dispose]: release }
}

function release(): void {
  const next = waiting.shift()
  if (next === undefined) free++
  else next()
}

function wait(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const proceed = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      waiting.splice(waiting.indexOf(proceed), 1)
      reject(signal.reason)
    }
    waiting.push(proceed)
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
