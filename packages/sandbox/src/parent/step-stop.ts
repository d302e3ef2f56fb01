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
  /** Tells whether the step has ended. */
  over(): boolean
  guarded(action: () => void): void
}

/** Ends a step before its code does, because of a limit or a cancel. Everything that the step did remains. */
export class StepStop {
  readonly #parts: Parts
  #canceled: string | undefined
  #killTimer: NodeJS.Timeout | undefined
  /** Undefined until the step is stopped. */
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

  /** The record says that the step was stopped. */
  asRecorded(status: 'timeout' | 'canceled'): void {
    this.how = { status, message: 'as recorded' }
  }

  /** Asks the child to end the step. The watchdog kills a child that takes too long. */
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
    // Not at once: the host may cancel from within one of our own notifications.
    if (inputs.underWay === 0) queueMicrotask(() => guarded(() => this.deliverCancel()))
    else this.#killTimer = setTimeout(() => box.kill({ reason: 'canceled', message: reason }), GRACE_MS)
  }

  /**
   * Delivers a cancel to idle code: everything that it waits for rejects, so that it can clean up. Then the step ends.
   *
   * @returns false if other inputs may go on
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
