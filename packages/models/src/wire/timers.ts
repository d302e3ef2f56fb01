/** How long one attempt may take, in milliseconds. */
export interface Timers {
  /** From sending the request to the first byte of the body. Node's own limit is 300,000. */
  firstByteMs: number
  /** Between two chunks of the body. A server's keep-alive comments count as chunks. */
  idleMs: number
  /** The whole attempt. */
  totalMs: number
}

/** Long enough for a local model that the server has to load first. */
export const DEFAULT_TIMERS: Timers = Object.freeze({
  firstByteMs: 240_000,
  idleMs: 60_000,
  totalMs: 600_000,
})

/** The running timers of one attempt. Disposing of them stops them. */
export interface RunningTimers extends Disposable {
  /** Call this for every chunk of the body. The first chunk ends the wait for the first byte. */
  onChunk(): void
}

/** Starts the timers of an attempt. Calls `onExpired` at most once, with what is missing and the timer that expired. */
export function startTimers(
  timers: Timers,
  onExpired: (missing: string, timer: keyof Timers) => void,
): RunningTimers {
  let idle: NodeJS.Timeout | undefined
  const stop = () => {
    for (const timer of [total, firstByte, idle]) clearTimeout(timer)
  }
  const expire = (missing: string, timer: keyof Timers) => {
    stop()
    onExpired(missing, timer)
  }
  const total = setTimeout(expire, timers.totalMs, 'the complete reply', 'totalMs')
  const firstByte = setTimeout(expire, timers.firstByteMs, 'the first byte', 'firstByteMs')
  return {
    onChunk() {
      if (idle === undefined) {
        clearTimeout(firstByte)
        idle = setTimeout(expire, timers.idleMs, 'more output', 'idleMs')
      } else idle.refresh()
    },
    [Symbol.dispose]: stop,
  }
}
