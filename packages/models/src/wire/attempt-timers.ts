import type { Timers } from './timers.ts'

/** The running timers of one attempt. */
export interface AttemptTimers extends Disposable {
  /** To be called for every chunk of the body: the first one ends the wait for the first byte. */
  onChunk(): void
}

/** Starts the three timers. `onLate` is called at most once, with what was missed and which setting allows more. */
export function startTimers(
  timers: Timers,
  onLate: (missed: string, setting: keyof Timers) => void,
): AttemptTimers {
  let idle: NodeJS.Timeout | undefined
  const stop = () => {
    for (const timer of [total, firstByte, idle]) clearTimeout(timer)
  }
  const expire = (missed: string, setting: keyof Timers) => {
    stop()
    onLate(missed, setting)
  }
  const total = setTimeout(expire, timers.totalMs, 'complete reply', 'totalMs')
  const firstByte = setTimeout(expire, timers.firstByteMs, 'first byte', 'firstByteMs')
  return {
    onChunk() {
      if (idle === undefined) {
        clearTimeout(firstByte)
        idle = setTimeout(expire, timers.idleMs, 'further output', 'idleMs')
      } else idle.refresh()
    },
    [Symbol.dispose]: stop,
  }
}
