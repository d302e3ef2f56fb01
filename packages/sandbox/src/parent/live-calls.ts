import {
  type CallOutcome,
  type CallReport,
  type DeliveredOutcome,
  decodeValue,
  encodeValue,
  errorText,
  type GuestCall,
  SandboxError,
  type SandboxLimits,
  type StepHost,
} from '@bailiwick/contract/world'
import { decodeSliced, isLong } from '../values/decode-sliced.ts'
import { turnIsOver } from '../values/loop-turn.ts'
import { type CallState, callReport, NO_OUTCOME, refusedImport } from './call-report.ts'
import { encodeOutcome } from './encode-outcome.ts'

/** How long a step that has ended waits for calls that its code did not await, ms. */
const UNAWAITED_MS = 5_000

/** A report shows this many characters of long arguments, as encoded text. */
const SHOWN_CHARS = 1_000

/** Limits the reports of one step, because refused imports in a loop would fill the parent's memory. */
const MAX_REFUSED = 10_000

interface Open {
  call: GuestCall
  state: CallState
  /** The clock of the turn that made the call. */
  clock: number
}

interface Hooks {
  /** A call cannot be decoded, so the child broke the protocol. */
  failed(error: unknown): void
  settled(outcome: DeliveredOutcome): void
  /** No call returned within `waitMs`. */
  waitedTooLong(): void
}

/** Makes the calls of one step and reports on them. */
export class LiveCalls {
  readonly #states: CallState[] = []
  readonly #open = new Map<string, Open>()
  /** Calls that the host has not answered yet. */
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

  /** A report on every call so far, in order. */
  reports(): CallReport[] {
    return this.#states.map(callReport)
  }

  /** Adds the calls of a turn. Live calls leave now. Recorded calls leave only if the record ends without their outcome. */
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

  /** Decodes short arguments at once if the turn of the event loop has time left, others later. Calls leave in order. */
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
      // The report is kept, so it must not hold a thousand arguments of a megabyte each.
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

  /** Makes the recorded calls that have no outcome. @param answered calls whose recorded outcome is still to be delivered */
  goLive(answered: ReadonlySet<string>): void {
    for (const open of this.#open.values()) {
      if (!answered.has(open.call.id)) this.#decode(open, true)
    }
  }

  /** An outcome has reached the guest. */
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
        // A host must not reject. If it does, the guest still gets a failed call.
        const ms = performance.now() - began
        this.#ended(open, { id, ms, ok: false, reason: 'error', message: errorText(error) })
      },
    )
    this.#waiting ??= setTimeout(() => this.#hooks.waitedTooLong(), this.#limits.waitMs)
  }

  #sleep(open: Open): undefined {
    const ms = (open.call.args as { ms?: unknown } | null)?.ms
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= this.#limits.waitMs)) {
      this.#hooks.failed(
        new SandboxError(
          `Expected a valid sleep from the sandbox's child, found ${open.call.argsText.slice(0, 80)}.`,
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

  /** Ends the step's timers. With `wait`, waits a while for calls that the code did not await. */
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
