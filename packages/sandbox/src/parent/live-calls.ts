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
} from '@bailiwick/core/contract/world'
import { decodeSliced, isLong } from '../values/decode-sliced.ts'
import { turnIsOver } from '../values/loop-turn.ts'

/** How long a step that has ended waits for calls that its code did not wait for, ms. */
const UNAWAITED_MS = 5_000

/** Long arguments are reported by their beginning, as encoded text. */
const SHOWN_CHARS = 1_000

/** Reports of one step; imports in a loop would fill the parent otherwise. */
const MOST_REFUSED = 10_000

interface Open {
  call: GuestCall
  report: CallReport
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
  readonly reports: CallReport[] = []
  readonly #open = new Map<string, Open>()
  readonly #underWay = new Set<Promise<void>>()
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

  /** A turn's calls, at idle. Live ones leave now; recorded ones leave when the record ends without their outcome. */
  add(calls: GuestCall[], clock: number, replayed: boolean): void {
    for (const call of calls) {
      const { id, name } = call
      const report: CallReport = {
        id,
        name,
        args: undefined,
        ok: false,
        reason: 'canceled',
        message: 'no outcome',
        ms: 0,
        awaited: false,
      }
      this.reports.push(report)
      const open = { call, report, clock }
      this.#open.set(id, open)
      this.#decode(open, () => {
        if (!replayed) this.#start(open)
      })
    }
  }

  /** Short arguments at once while the loop's turn has time, the others later; calls leave in order all the same. */
  #decode(open: Open, then: () => void): void {
    const { call, report } = open
    if (this.#decoding === undefined && !isLong(call.argsText) && !turnIsOver()) {
      call.args = decodeValue(call.argsText)
      report.args = call.args
      then()
      return
    }
    const before = this.#decoding
    const decoding = (async () => {
      await before
      call.args = await decodeSliced(call.argsText)
      // The report of a step stays: a thousand calls of a megabyte each must not.
      report.args = isLong(call.argsText)
        ? `${call.argsText.slice(0, SHOWN_CHARS)}… (${call.argsText.length} characters)`
        : call.args
      then()
    })().catch((error: unknown) => this.#hooks.failed(error))
    this.#decoding = decoding
    void decoding.then(() => {
      if (this.#decoding === decoding) this.#decoding = undefined
    })
  }

  /** An import that was refused is in the report, whether the code caught it or not. */
  refused(step: number, module: string, message: string): void {
    if (this.reports.length >= MOST_REFUSED) return
    const id = `${step}.import`
    this.reports.push({
      id,
      name: 'import',
      args: { module },
      ok: false,
      reason: 'refused',
      message,
      ms: 0,
      awaited: true,
    })
  }

  /** @param answered calls whose outcome is recorded and on its way: they are not made again */
  goLive(answered: ReadonlySet<string>): void {
    for (const open of this.#open.values()) {
      if (!answered.has(open.call.id)) this.#decode(open, () => this.#start(open))
    }
  }

  /** An outcome reached the guest. */
  delivered(outcome: DeliveredOutcome, recorded: boolean): void {
    const open = this.#open.get(outcome.id)
    if (open === undefined) return
    this.#open.delete(outcome.id)
    this.#waiting?.refresh()
    open.report.awaited = true
    if (recorded) note(open.report, outcome.ok ? { ok: true, ms: 0 } : { ...outcome, ms: 0 })
  }

  #start(open: Open): undefined {
    if (this.#abort.signal.aborted) return
    if (open.call.name === 'sleep') return this.#sleep(open)
    const began = performance.now()
    const running = this.#host.call(open.call, this.#abort.signal).then(
      (outcome) => this.#ended(open, outcome),
      (error) => {
        // A host that rejects breaks its contract; the guest gets a failed call all the same.
        const message = error instanceof Error ? error.message : String(error)
        this.#ended(open, {
          id: open.call.id,
          ms: performance.now() - began,
          ok: false,
          reason: 'error',
          message,
        })
      },
    )
    this.#underWay.add(running)
    void running.then(() => this.#underWay.delete(running))
    this.#waiting ??= setTimeout(() => this.#hooks.waitedTooLong(), this.#limits.waitMs)
  }

  #sleep(open: Open): undefined {
    const ms = (open.call.args as { ms?: unknown } | null)?.ms
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= this.#limits.waitMs)) {
      this.#hooks.failed(
        new SandboxError(`the sandbox's child asked for a sleep that cannot be: ${String(ms)}`),
      )
      return
    }
    const left = Math.max(0, open.clock + ms - this.#host.now())
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      note(open.report, { ok: true, ms: left })
      this.#hooks.settled({ id: open.call.id, ok: true, value: encodeValue(undefined) })
    }, left)
    this.#timers.add(timer)
  }

  #ended(open: Open, outcome: CallOutcome): void {
    note(open.report, outcome)
    if (this.#abort.signal.aborted) return
    this.#hooks.settled(encoded(open.call, outcome, open.report, this.#limits.resultChars))
  }

  /** At the step's end: waits a while for what the code did not await, unless it is to be dropped. */
  async finish(wait: boolean): Promise<void> {
    await this.#decoding
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#waiting)
    if (!wait || this.#underWay.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, UNAWAITED_MS)
    this.#host.signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([Promise.all(this.#underWay), promise])
    clearTimeout(timer)
  }

  abort(reason: string): void {
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#waiting)
    if (!this.#abort.signal.aborted) this.#abort.abort(new Error(reason))
  }
}

function note(
  report: CallReport,
  outcome: { ok: boolean; reason?: string; message?: string; ms: number },
): void {
  report.ok = outcome.ok
  report.ms = outcome.ms
  if (outcome.ok) {
    delete report.reason
    delete report.message
    return
  }
  report.reason = outcome.reason ?? 'error'
  report.message = outcome.message ?? ''
}

function encoded(
  call: GuestCall,
  outcome: CallOutcome,
  report: CallReport,
  maxChars: number,
): DeliveredOutcome {
  if (!outcome.ok) return { id: call.id, ok: false, reason: outcome.reason, message: outcome.message }
  try {
    const value = encodeValue(outcome.value)
    if (value.length <= maxChars) return { id: call.id, ok: true, value }
    return failed(
      call,
      outcome,
      report,
      `the result of ${call.name} is longer than ${maxChars} characters (${value.length}); ask for less of it`,
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return failed(call, outcome, report, `the result of ${call.name} cannot be sent: ${why}`)
  }
}

function failed(
  call: GuestCall,
  outcome: CallOutcome,
  report: CallReport,
  message: string,
): DeliveredOutcome {
  note(report, { ok: false, reason: 'error', message, ms: outcome.ms })
  return { id: call.id, ok: false, reason: 'error', message }
}
