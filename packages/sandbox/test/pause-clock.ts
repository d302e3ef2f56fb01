import { readFileSync } from 'node:fs'

/** Costs of the work since {@link PauseClock.reset}. */
export interface PauseClock {
  /** The longest pause: CPU time of the main thread between two turns of the event loop, ms. */
  readonly pauseMs: number
  /** The most private memory at any time, MiB. */
  readonly mostMb: number
  reset(): void
}

/**
 * Measures what work costs this process, which must do nothing else. CPU time of one thread, because a busy machine
 * does not change it as it changes wall time.
 */
export function startPauseClock(): PauseClock {
  let pauseMs = 0
  let mostMb = 0
  let last = process.threadCpuUsage()
  setInterval(() => {
    const now = process.threadCpuUsage()
    pauseMs = Math.max(pauseMs, (now.user + now.system - last.user - last.system) / 1_000)
    last = now
    mostMb = Math.max(mostMb, privateMb())
  }, 1).unref()
  return {
    get pauseMs() {
      return pauseMs
    },
    get mostMb() {
      return mostMb
    },
    reset() {
      last = process.threadCpuUsage()
      pauseMs = 0
      mostMb = 0
    },
  }
}

/**
 * The longest pause that a run causes, as it would be on an idle machine ({@link slowness}): the least of several runs,
 * because code that is not compiled yet makes a run slower.
 *
 * @param enoughMs no further run if the pause is at most this long
 */
export async function leastPause(
  clock: PauseClock,
  enoughMs: number,
  run: () => Promise<void>,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let again = 0; again < MAX_RUNS && least > enoughMs; again += 1) {
    clock.reset()
    await run()
    // The next turn of the event loop measures the last pause.
    await new Promise((resolve) => setTimeout(resolve, 5))
    const { pauseMs } = clock
    least = Math.min(least, pauseMs > enoughMs ? pauseMs / slowness() : pauseMs)
  }
  return least
}

const MAX_RUNS = 4

/**
 * How much slower this machine runs now than the idle machine for which the limits of pauses were set, at least 1. A busy
 * neighbor takes the caches and half of a shared core, which doubles the CPU time of the same work.
 */
export function slowness(): number {
  const before = process.threadCpuUsage()
  for (let again = 0; again < REFERENCE_RUNS; again += 1) JSON.parse(REFERENCE_TEXT)
  const { user, system } = process.threadCpuUsage(before)
  return Math.max(1, (user + system) / 1_000 / REFERENCE_RUNS / REFERENCE_MS)
}

/** The engine does this in one operation, with memory that it must allocate, as the longest pauses of a host are. */
const REFERENCE_TEXT = JSON.stringify(Array.from({ length: 80_000 }, (_, i) => ({ a: i })))
const REFERENCE_RUNS = 8
/** What one reference operation took an idle machine. */
const REFERENCE_MS = 5.5

/** Private memory of this process. It excludes Node's binary, which all Node processes share. MiB. */
export function privateMb(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 1_048_576
  const [, kb] = readFileSync('/proc/self/status', 'utf8').match(/RssAnon:\s+(\d+) kB/) ?? []
  return Number(kb) / 1_024
}
