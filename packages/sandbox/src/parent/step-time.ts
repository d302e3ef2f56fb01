import type { SandboxLimits } from '@bailiwick/contract/world'
import type { WatchLimits } from './box.ts'
import type { RecordedTurns } from './recorded-turns.ts'

/** Time that a child has to stop by itself after a limit, ms. */
export const GRACE_MS = 250
/** During a replay or while a step is ended from outside, a world may need this many times its memory. */
const EXTRA_MEMORY = 1.5
/** Time for the preview and the hash when a step is ended from outside, ms. */
const END_MS = 10_000

/** Counts the time that a step's code has used, and limits its next turn. */
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

  /** Time that a turn may take, in whole ms. On replay only CPU time is limited, because the machine may have stood still. */
  budget(turn: number): number {
    const { wallMs } = this.#limits
    const ms = this.#recorded.replaying ? wallMs + this.#recorded.budget(turn) : wallMs - this.#usedMs
    return Math.max(1, Math.ceil(ms))
  }

  /** The limits to watch from outside during a turn. */
  watched(turn: number, budgetMs: number): WatchLimits {
    const { cpuMs, residentMb } = this.#limits
    const wallMs = budgetMs + GRACE_MS
    if (this.#recorded.replaying) {
      return { wallMs, cpuMs: this.#recorded.budget(turn), residentMb: residentMb * EXTRA_MEMORY }
    }
    return { wallMs, cpuMs: Math.max(1, cpuMs - this.cpuMs), residentMb }
  }

  /** The limits to watch while the child ends a step before its code does. */
  watchedAtEnd(): WatchLimits {
    const { cpuMs, residentMb } = this.#limits
    return { wallMs: END_MS, cpuMs, residentMb: residentMb * EXTRA_MEMORY }
  }

  /** True if the turns together used more CPU time than the step may, although each kept its own limit. */
  get overCpu(): boolean {
    return this.cpuMs > this.#limits.cpuMs && !this.#recorded.replaying
  }
}
