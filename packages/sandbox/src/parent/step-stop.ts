import type { StepHost } from '@bailiwick/contract/world'
import type { Box } from './box.ts'
import type { LiveCalls } from './live-calls.ts'
import type { StepInputs } from './step-inputs.ts'
import type { StepResult } from './step-result.ts'
import { GRACE_MS, type StepTime } from './step-time.ts'

interface Parts {
  box: Box
  host: StepHost
  inputs: StepInputs
  calls: LiveCalls
  time: StepTime
  /** The step has ended already. */
  over(): boolean
  guarded(action: () => void): void
}

/** Ends a step that its code does not end: a limit, or whoever cancels. What the step did stays. */
export class StepStop {
  readonly #parts: Parts
  #canceled: string | undefined
  #killTimer: NodeJS.Timeout | undefined
  /** Undefined while nobody has stopped it. */
  how: StepResult['stopped']

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Ends the step at idle. */
  now(status: 'timeout' | 'canceled', message: string): undefined {
    if (this.#parts.over() || this.how !== undefined) return
    this.how = { status, message }
    this.#dropCalls(message)
    this.askForEnd()
  }

  /** The record of the step says that it was stopped. */
  asRecorded(status: 'timeout' | 'canceled'): void {
    this.how = { status, message: 'as recorded' }
  }

  /** A child that does not give the end in time is gone. */
  askForEnd(): void {
    const { box, time } = this.#parts
    box.watch(time.watchedAtEnd())
    box.send({ type: 'end' })
  }

  cancel(reason: string): void {
    const { box, inputs, over, guarded } = this.#parts
    if (over()) return
    this.#canceled = reason
    this.#dropCalls(reason)
    // Not at once: it may be our own host that cancels, in the middle of being told something.
    if (inputs.underWay === 0) queueMicrotask(() => guarded(() => this.deliverCancel()))
    else this.#killTimer = setTimeout(() => box.kill({ reason: 'canceled', message: reason }), GRACE_MS)
  }

  /**
   * Idle code that somebody has cancelled learns of it: what it waits for rejects, so that it can clean up;
   * then the step ends. False where it gets other inputs as ever.
   */
  deliverCancel(): boolean {
    const { host, inputs, over } = this.#parts
    const reason = this.#canceled
    if (reason === undefined || inputs.underWay > 0) return false
    if (over() || this.how !== undefined) return true
    this.how = { status: 'canceled', message: reason }
    this.dispose()
    inputs.add({ kind: 'cancel', reason, clock: host.now() })
    inputs.feed()
    return true
  }

  dispose(): void {
    clearTimeout(this.#killTimer)
  }

  #dropCalls(reason: string): void {
    this.#parts.calls.abort(reason)
    this.#parts.inputs.clear()
  }
}
