import { readFileSync } from 'node:fs'
import type { BoxEnd, WatchLimits } from './box.ts'

const EVERY_MS = 50
/** While a guest waits for calls, only its memory and CPU time can exceed a limit. */
const IDLE_EVERY_MS = 500
/** Linux reports CPU time in hundredths of a second. */
const TICK_MS = 10

/**
 * Watches one child from outside: its wall time and, if there is a `/proc`, its CPU time and resident memory. It does
 * not depend on the child's own reports, and runs until the child has ended.
 */
export class Watchdog {
  readonly #pid: () => number | undefined
  readonly #expired: (end: BoxEnd) => void
  #timer: NodeJS.Timeout | undefined
  /** The timer fires after {@link IDLE_EVERY_MS}. */
  #isSlow = false
  #limits: WatchLimits
  #until: number
  #cpuAtStart: number | undefined
  #stopped = false

  constructor(limits: WatchLimits, pid: () => number | undefined, expired: (end: BoxEnd) => void) {
    this.#limits = limits
    this.#until = performance.now() + limits.wallMs
    this.#pid = pid
    this.#expired = expired
    this.#arm()
  }

  /** Replaces the limits. Their wall time counts from now. */
  set(limits: WatchLimits): void {
    this.#limits = limits
    this.#until = performance.now() + limits.wallMs
    if (limits.fresh === true) this.#cpuAtStart = undefined
    // Keep the timer armed between turns. Arming it for each of 60,000 turns a second costs too much.
    if (this.#isSlow && limits.wallMs !== Number.POSITIVE_INFINITY && !this.#stopped) {
      clearTimeout(this.#timer)
      this.#arm()
    }
  }

  /** Stops watching, because the child has ended. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#isSlow = this.#limits.wallMs === Number.POSITIVE_INFINITY
    this.#timer = setTimeout(
      () => {
        const end = this.#exceeded()
        if (end !== undefined) this.#expired(end)
        else if (!this.#stopped) this.#arm()
      },
      this.#isSlow ? IDLE_EVERY_MS : EVERY_MS,
    )
    this.#timer.unref()
  }

  #exceeded(): BoxEnd | undefined {
    if (performance.now() > this.#until) return { reason: 'timeout', message: 'wall time' }
    const usage = readUsage(this.#pid())
    if (usage === undefined) return undefined
    this.#cpuAtStart ??= usage.cpuMs
    if (usage.cpuMs - this.#cpuAtStart > this.#limits.cpuMs) return { reason: 'timeout', message: 'CPU time' }
    if (usage.residentMb > this.#limits.residentMb) {
      return { reason: 'out-of-memory', message: 'resident memory' }
    }
    return undefined
  }
}

/** Resident memory and CPU time of a process, or undefined if the system does not tell. */
export function readUsage(pid: number | undefined): { residentMb: number; cpuMs: number } | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    // The command's name is in parentheses and may itself contain spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      residentMb: Number(resident?.[1] ?? 0) / 1_024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    }
  } catch {
    return undefined // The process has ended; its exit is reported instead.
  }
}
