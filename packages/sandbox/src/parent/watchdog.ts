import { readFileSync } from 'node:fs'
import type { BoxEnd, WatchLimits } from './box.ts'

const EVERY_MS = 50
/** Linux counts CPU time in hundredths of a second wherever a process can see it. */
const TICK_MS = 10

/**
 * Watches one child from outside while its guest runs: wall time, and where there is `/proc`, CPU
 * time and resident memory. What the child says of itself does not matter here.
 */
export class Watchdog {
  readonly #pid: () => number | undefined
  readonly #expired: (end: BoxEnd) => void
  #timer: NodeJS.Timeout | undefined
  #limits: WatchLimits | undefined
  #until = 0
  #cpuAtStart: number | undefined

  constructor(pid: () => number | undefined, expired: (end: BoxEnd) => void) {
    this.#pid = pid
    this.#expired = expired
  }

  /** Starts anew with these limits, or stops. */
  set(limits: WatchLimits | undefined): void {
    this.#limits = limits
    this.#cpuAtStart = undefined
    if (limits !== undefined) this.#until = performance.now() + limits.wallMs
    // One timer stays armed between turns: arming it for each of 60,000 a second would be the cost.
    if (limits !== undefined && this.#timer === undefined) this.#arm()
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#check()
    }, EVERY_MS)
    this.#timer.unref()
  }

  #check(): void {
    const limits = this.#limits
    if (limits === undefined) return
    const end = this.#exceeded(limits)
    if (end === undefined) this.#arm()
    else this.#expired(end)
  }

  #exceeded(limits: WatchLimits): BoxEnd | undefined {
    if (performance.now() > this.#until) return { reason: 'timeout', message: 'wall time' }
    const usage = readUsage(this.#pid())
    if (usage === undefined) return undefined
    this.#cpuAtStart ??= usage.cpuMs
    if (usage.cpuMs - this.#cpuAtStart > limits.cpuMs) return { reason: 'timeout', message: 'CPU time' }
    if (usage.residentMb > limits.residentMb) return { reason: 'out-of-memory', message: 'resident memory' }
    return undefined
  }
}

/** Resident memory and CPU time of a process; undefined where the system does not say. */
export function readUsage(pid: number | undefined): { residentMb: number; cpuMs: number } | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    // The command's name is in parentheses and may hold anything, spaces and parentheses too.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      residentMb: Number(resident?.[1] ?? 0) / 1_024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    }
  } catch {
    return undefined // It is gone: its exit says more.
  }
}
