import {
  type CallOutcome,
  type CallReport,
  type DeliveredOutcome,
  decodeValue,
  encodeValue,
  errorText,
  type GuestCall,
  type SandboxLimits,
  type StepHost,
} from '@bailiwick/contract/world'
import { decodeSliced, isLong } from '../values/decode-sliced.ts'
import { turnIsOver } from '../values/loop-turn.ts'
import { type CallState, callReport, NO_OUTCOME, refusedImport } from './call-report.ts'
import { encodeOutcome } from './encode-outcome.ts'
import { WaitClock } from './wait-clock.ts'

/** How long a step that has ended waits for calls that its code did not await, ms. */
const UNAWAITED_MS = 5_000

/** A report shows this many characters of long arguments, as encoded text. */
const SHOWN_CHARS = 1_000

interface Open {
  call: GuestCall
  state: CallState
  /** The clock of the turn that made the call. */
  clock: number
}

/** What a step learns about its calls. */
export interface CallListener {
  /** A call has an outcome for the guest. */
  settled(outcome: DeliveredOutcome): void
  /** A call cannot be read, so the child breaks the protocol. */
  broken(what: string): void
  /** The step has waited for longer than `waitMs` in total. */
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
  readonly #listener: CallListener
  readonly #limits: SandboxLimits
  readonly #clock: WaitClock
  #decoding: Promise<void> | undefined

  constructor(host: StepHost, limits: SandboxLimits, listener: CallListener) {
    this.#host = host
    this.#limits = limits
    this.#listener = listener
    this.#clock = new WaitClock(limits.waitMs, () => listener.waitedTooLong())
  }

  /** A report on every call so far, in order. */
  reports(): CallReport[] {
    return this.#states.map(callReport)
  }

  /** Calls whose outcome the guest has not received. */
  get open(): number {
    return this.#open.size
  }

  has(id: string): boolean {
    return this.#open.has(id)
  }

  /** Tells whether the code is waiting for calls now. */
  waiting(is: boolean): void {
    this.#clock.waiting(is)
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
      try {
        call.args = decodeValue(call.argsText)
      } catch (error) {
        return this.#broken(call, error)
      }
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
    })().catch((error: unknown) => this.#broken(call, error))
    this.#decoding = decoding
    void decoding.then(() => {
      if (this.#decoding === decoding) this.#decoding = undefined
    })
  }

  #broken({ id }: GuestCall, error: unknown): undefined {
    this.#listener.broken(`a call ${id} with arguments that cannot be decoded (${errorText(error)})`)
  }

  refused(step: number, module: string, message: string): undefined {
    this.#states.push(refusedImport(step, module, message))
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
    open.state.awaited = true
    if (recorded) open.state.failure = outcome.ok ? undefined : outcome
  }

  #start(open: Open): undefined {
    if (this.#abort.signal.aborted) return
    if (open.call.name === 'sleep') return this.#sleep(open)
    const { id } = open.call
    const began = performance.now()
    this.#underWay += 1
    const endWait = this.#clock.begin()
    const ended = (outcome: CallOutcome) => {
      endWait.end()
      void this.#ended(open, outcome)
    }
    this.#host.call(open.call, this.#abort.signal, endWait).then(ended, (error) => {
      // A host must not reject. If it does, the guest still gets a failed call.
      ended({ id, ms: performance.now() - began, ok: false, reason: 'error', message: errorText(error) })
    })
  }

  #sleep(open: Open): undefined {
    const ms = (open.call.args as { ms?: unknown } | null)?.ms
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= this.#limits.waitMs)) {
      this.#listener.broken(`a sleep that is not valid: ${open.call.argsText.slice(0, 80)}`)
      return
    }
    const left = Math.max(0, open.clock + ms - this.#host.now())
    const wait = this.#clock.begin()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      wait.end()
      open.state.failure = undefined
      open.state.ms = left
      this.#listener.settled({ id: open.call.id, ok: true, value: encodeValue(undefined) })
    }, left)
    this.#timers.add(timer)
  }

  async #ended({ call, state }: Open, outcome: CallOutcome): Promise<void> {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#noneUnderWay?.()
    state.ms = outcome.ms
    if (!this.#abort.signal.aborted) {
      const encoded = encodeOutcome(call, outcome, this.#limits.resultChars)
      const delivered = encoded instanceof Promise ? await encoded : encoded
      state.failure = delivered.ok ? undefined : delivered
      if (!this.#abort.signal.aborted) this.#listener.settled(delivered)
    } else state.failure = outcome.ok ? undefined : outcome
  }

  /** Ends the step's timers. Waits a while for calls that the code did not await, unless the step is canceled. */
  async finish(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#clock.stop()
    if (this.#decoding === undefined && this.#underWay === 0) return
    const { signal } = this.#host
    const { promise: canceled, resolve } = Promise.withResolvers<void>()
    const stop = () => resolve()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', stop, { once: true })
    const timer = setTimeout(resolve, UNAWAITED_MS)
    if (this.#decoding !== undefined) await Promise.race([this.#decoding, canceled])
    if (this.#underWay > 0) {
      await Promise.race([canceled, new Promise<void>((none) => (this.#noneUnderWay = none))])
    }
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
  }

  abort(reason: string): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#clock.stop()
    if (!this.#abort.signal.aborted) this.#abort.abort(new Error(reason))
  }
}
