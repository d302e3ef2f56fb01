import {
  type CallOutcome,
  type CallReport,
  type DeliveredOutcome,
  decodeValue,
  encodeValue,
  type GuestCall,
  SandboxError,
  type SandboxLimits,
  type StepHost,
} from '@bailiwick/contract/world'
import { decodeSliced, isLong } from '../values/decode-sliced.ts'
import { turnIsOver } from '../values/loop-turn.ts'
import { type CallState, callReport, NO_OUTCOME, refusedImport } from './call-report.ts'
import { encodeOutcome } from './encode-outcome.ts'

/** How long a step that has ended waits for calls that its code did not wait for, ms. */
const UNAWAITED_MS = 5_000

/** Long arguments are reported by their beginning, as encoded text. */
const SHOWN_CHARS = 1_000

/** Reports of one step; imports in a loop would fill the parent otherwise. */
const MAX_REFUSED = 10_000

interface Open {
  call: GuestCall
  state: CallState
  /** Clock of the turn that made it. */
  clock: number
}

interface Hooks {
  /** A call cannot be decoded: the child lies. */
  failed(error: unknown): void
  settled(outcome: DeliveredOutcome): void
  /** Nothing came back within the longest wait. */
  waitedTooLong(): void
}

/** The calls of one step: those under way, and the report on all of them. */
export class LiveCalls {
  readonly #states: CallState[] = []
  readonly #open = new Map<string, Open>()
  /** Calls that the host has not answered. */
  #underWay = 0
  #noneUnderWay: (() => void) | undefined
  readonly #abort = new AbortController()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #host: StepHost
  readonly #hooks: Hooks
  readonly #limits: SandboxLimits
  #waiting: NodeJS.Timeout | undefined
  #decoding: Promise<void> | undefined

  constructor(host: StepHost, limits: SandboxLimits, hooks: Hooks) {
    this.#host = host
    this.#limits = limits
    this.#hooks = hooks
  }

  /** Every call so far, in the order made. */
  reports(): CallReport[] {
    return this.#states.map(callReport)
  }

  /** A turn's calls, at idle. Live ones leave now; recorded ones leave when the record ends without their outcome. */
  add(calls: GuestCall[], clock: number, replayed: boolean): void {
    for (const call of calls) {
      const { id, name } = call
      const state: CallState = { id, name, args: undefined, failure: NO_OUTCOME, ms: 0, awaited: false }
      const open: Open = { call, state, clock }
      this.#states.push(state)
      this.#open.set(id, open)
      this.#decode(open, !replayed)
    }
  }

  /** Short arguments at once while the loop's turn has time, the others later; calls leave in order all the same. */
  #decode(open: Open, thenStart: boolean): undefined {
    const { call, state } = open
    if (this.#decoding === undefined && !isLong(call.argsText) && !turnIsOver()) {
      call.args = decodeValue(call.argsText)
      state.args = call.args
      return thenStart ? this.#start(open) : undefined
    }
    const before = this.#decoding
    const decoding = (async () => {
      await before
      call.args = await decodeSliced(call.argsText)
      // The report of a step stays: a thousand calls of a megabyte each must not.
      state.args = isLong(call.argsText)
        ? `${call.argsText.slice(0, SHOWN_CHARS)}… (${call.argsText.length} characters)`
        : call.args
      if (thenStart) this.#start(open)
    })().catch((error: unknown) => this.#hooks.failed(error))
    this.#decoding = decoding
    void decoding.then(() => {
      if (this.#decoding === decoding) this.#decoding = undefined
    })
  }

  refused(step: number, module: string, message: string): undefined {
    if (this.#states.length < MAX_REFUSED) this.#states.push(refusedImport(step, module, message))
  }

  /** @param answered calls whose outcome is recorded and on its way: they are not made again */
  goLive(answered: ReadonlySet<string>): void {
    for (const open of this.#open.values()) {
      if (!answered.has(open.call.id)) this.#decode(open, true)
    }
  }

  /** An outcome reached the guest. */
  delivered(outcome: DeliveredOutcome, recorded: boolean): void {
    const open = this.#open.get(outcome.id)
    if (open === undefined) return
    this.#open.delete(outcome.id)
    this.#waiting?.refresh()
    open.state.awaited = true
    if (recorded) open.state.failure = outcome.ok ? undefined : outcome
  }

  #start(open: Open): undefined {
    if (this.#abort.signal.aborted) return
    if (open.call.name === 'sleep') return this.#sleep(open)
    const { id } = open.call
    const began = performance.now()
    this.#underWay += 1
    this.#host.call(open.call, this.#abort.signal).then(
      (outcome) => this.#ended(open, outcome),
      (error) => {
        // A host that rejects breaks its contract; the guest gets a failed call all the same.
        const message = error instanceof Error ? error.message : String(error)
        this.#ended(open, { id, ms: performance.now() - began, ok: false, reason: 'error', message })
      },
    )
    this.#waiting ??= setTimeout(() => this.#hooks.waitedTooLong(), this.#limits.waitMs)
  }

  #sleep(open: Open): undefined {
    const ms = (open.call.args as { ms?: unknown } | null)?.ms
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= this.#limits.waitMs)) {
      this.#hooks.failed(
        new SandboxError(
          `the sandbox's child asked for a sleep that cannot be: ${open.call.argsText.slice(0, 80)}`,
        ),
      )
      return
    }
    const left = Math.max(0, open.clock + ms - this.#host.now())
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      open.state.failure = undefined
      open.state.ms = left
      this.#hooks.settled({ id: open.call.id, ok: true, value: encodeValue(undefined) })
    }, left)
    this.#timers.add(timer)
  }

  #ended({ call, state }: Open, outcome: CallOutcome): undefined {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#noneUnderWay?.()
    state.ms = outcome.ms
    if (this.#abort.signal.aborted) {
      state.failure = outcome.ok ? undefined : outcome
      return
    }
    const delivered = encodeOutcome(call, outcome, this.#limits.resultChars)
    state.failure = delivered.ok ? undefined : delivered
    this.#hooks.settled(delivered)
  }

  /** At the step's end: waits a while for what the code did not await, unless it is to be dropped. */
  async finish(wait: boolean): Promise<void> {
    if (this.#decoding !== undefined) await this.#decoding
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#waiting)
    if (!wait || this.#underWay === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const { signal } = this.#host
    const timer = setTimeout(resolve, UNAWAITED_MS)
    this.#noneUnderWay = resolve
    const stop = () => resolve()
    signal.addEventListener('abort', stop, { once: true })
    await promise
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
  }

  abort(reason: string): void {
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#waiting)
    if (!this.#abort.signal.aborted) this.#abort.abort(new Error(reason))
  }
}
