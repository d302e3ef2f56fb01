import type { SandboxLimits } from '@bailiwick/contract/world'
import type { WatchLimits } from './box.ts'
import type { RecordedTurns } from './recorded-turns.ts'

/** Time after a limit in which the child itself may stop, ms. */
export const GRACE_MS = 250
/** Resident memory while a world happens again or a step is ended from outside: it may need more than it did. */
const MORE_MEMORY = 1.5
/** Time for a preview and a hash when a step is ended from outside, ms. */
const END_MS = 10_000

/** The time that a step's code has had, and what its next turn may take. */
export class StepTime {
  readonly #limits: SandboxLimits
  readonly #recorded: RecordedTurns
  #usedMs = 0
  cpuMs = 0

  constructor(limits: SandboxLimits, recorded: RecordedTurns) {
    this.#limits = limits
    this.#recorded = recorded
  }

  spend(cpuMs: number, wallMs: number): void {
    this.cpuMs += cpuMs
    this.#usedMs += wallMs
  }

  /** Time that a turn may take, whole ms. One that happens again is held to CPU time: a machine that stands still is not its fault. */
  budget(turn: number): number {
    const { wallMs } = this.#limits
    const ms = this.#recorded.replaying ? wallMs + this.#recorded.budget(turn) : wallMs - this.#usedMs
    return Math.max(1, Math.ceil(ms))
  }

  /** What is watched from outside while a turn runs. */
  watched(turn: number, budgetMs: number): WatchLimits {
    const { cpuMs, residentMb } = this.#limits
    const wallMs = budgetMs + GRACE_MS
    if (this.#recorded.replaying) {
      return { wallMs, cpuMs: this.#recorded.budget(turn), residentMb: residentMb * MORE_MEMORY }
    }
    return { wallMs, cpuMs: Math.max(1, cpuMs - this.cpuMs), residentMb }
  }

  /** What is watched while the child ends a step that its code did not. */
  watchedAtEnd(): WatchLimits {
    const { cpuMs, residentMb } = this.#limits
    return { wallMs: END_MS, cpuMs, residentMb: residentMb * MORE_MEMORY }
  }

  /** Each turn had its limit; together they were more than the step may have. */
  get overCpu(): boolean {
    return this.cpuMs > this.#limits.cpuMs && !this.#recorded.replaying
  }
}
