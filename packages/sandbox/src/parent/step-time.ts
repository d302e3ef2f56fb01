import type { SandboxLimits } from '@bailiwick/contract/world'
import type { WatchLimits } from './box.ts'
import type { RecordedTurns } from './recorded-turns.ts'

/** Time that a child has to stop by itself after a limit, ms. */
export const GRACE_MS = 250
/** During a replay or while a step is ended from outside, a world may need this many times its memory. */
const EXTRA_MEMORY = 1.5
/** Time for the preview and the hash when a step is ended from outside, ms. At most the time that the step itself may take. */
const END_MS = 10_000
/** CPU time that a child may use between two steps, for example to collect garbage, ms. */
const IDLE_CPU_MS = 5_000

/** The limits of a child between two steps. */
export function idleLimits(residentMb: number): WatchLimits {
  // A rebuilt world may hold more memory than the first one.
  return {
    wallMs: Number.POSITIVE_INFINITY,
    cpuMs: IDLE_CPU_MS,
    residentMb: residentMb * EXTRA_MEMORY,
    fresh: true,
  }
}

/** Counts the time that a step's code has used, and limits its next turn. */
export class StepTime {
  readonly #limits: SandboxLimits
  readonly #recorded: RecordedTurns
  #usedMs = 0
  cpuMs = 0
  /** CPU time of the turns that were replayed. Another process may have spent it. */
  #replayedCpuMs = 0
  /** A live turn has begun. */
  #isLive = false

  constructor(limits: SandboxLimits, recorded: RecordedTurns) {
    this.#limits = limits
    this.#recorded = recorded
  }

  spend(cpuMs: number, wallMs: number): void {
    this.cpuMs += cpuMs
    if (!this.#isLive) this.#replayedCpuMs = this.cpuMs
    this.#usedMs += wallMs
  }

  /** Time that a turn may take, in whole ms. On replay only CPU time is limited, because the machine may have stood still. */
  budget(turn: number): number {
    const { wallMs } = this.#limits
    const ms = this.#recorded.replaying ? wallMs + this.#recorded.budget(turn) : wallMs - this.#usedMs
    return Math.max(1, Math.ceil(ms))
  }

  /** The limits of a turn. CPU time counts from the start of the step, because the child reports its own. */
  atTurn(turn: number, budgetMs: number): WatchLimits {
    const { cpuMs, residentMb } = this.#limits
    const wallMs = budgetMs + GRACE_MS
    if (this.#recorded.replaying) {
      const cpuMs = this.#recorded.budget(turn)
      return { wallMs, cpuMs, residentMb: residentMb * EXTRA_MEMORY, fresh: true }
    }
    const limits = { wallMs, cpuMs: cpuMs - this.#replayedCpuMs, residentMb }
    if (this.#isLive) return limits
    this.#isLive = true
    return { ...limits, fresh: true }
  }

  /** The limits while the code waits for calls. The child does nothing then. */
  atRest(): WatchLimits {
    return { wallMs: Number.POSITIVE_INFINITY, cpuMs: this.#limits.cpuMs, residentMb: this.#residentMb }
  }

  /** The limits while the child ends a step before its code does. */
  atEnd(): WatchLimits {
    const wallMs = Math.min(END_MS, this.#limits.wallMs) + GRACE_MS
    return { wallMs, cpuMs: END_MS, residentMb: this.#residentMb * EXTRA_MEMORY, fresh: true }
  }

  get #residentMb(): number {
    return this.#limits.residentMb * (this.#recorded.replaying ? EXTRA_MEMORY : 1)
  }

  /** True if the turns together used more CPU time than the step may, although each kept its own limit. */
  get overCpu(): boolean {
    return this.cpuMs > this.#limits.cpuMs && !this.#recorded.replaying
  }
}
