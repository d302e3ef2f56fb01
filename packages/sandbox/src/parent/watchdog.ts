import { readFileSync } from 'node:fs'
import type { BoxEnd, WatchLimits } from './box.ts'

const EVERY_MS = 50
/** Linux reports CPU time in hundredths of a second. */
const TICK_MS = 10

/**
 * Watches one child from outside while its guest runs: its wall time and, if there is a `/proc`, its CPU time and
 * resident memory. It does not depend on the child's own reports.
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

  /** Restarts with these limits, or stops. */
  set(limits: WatchLimits | undefined): void {
    this.#limits = limits
    this.#cpuAtStart = undefined
    if (limits !== undefined) this.#until = performance.now() + limits.wallMs
    // Keep one timer armed between turns. Arming it for each of 60,000 turns a second costs too much.
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
