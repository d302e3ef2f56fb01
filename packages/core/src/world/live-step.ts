import {
  type CallOutcome,
  callFailureSchema,
  type GuestCall,
  type StepHost,
  type TurnInput,
  type TurnOutput,
  type UndoneTurn,
} from '@bailiwick/contract'
import { outcomeRecord } from '../journal/outcome-record.ts'
import type { StepState } from '../journal/task-state.ts'
import type { CodeTask } from './code-task.ts'

/** How long a step's end waits for calls of effect `once` that its code did not wait for, ms. */
const LATE_MS = 2_000

/** The host's side of a step that goes on live: every call made by whoever works on the task, every input journaled. */
export class LiveStep implements StepHost {
  readonly signal: AbortSignal
  readonly #task: CodeTask
  readonly #step: StepState
  /** Outcomes that came and were not delivered, and calls under way. */
  readonly #came = new Map<string, CallOutcome>()
  readonly #pending = new Map<string, Promise<void>>()

  constructor(task: CodeTask, step: StepState) {
    this.#task = task
    this.#step = step
    this.signal = task.signal
  }

  now(): number {
    return this.#task.now()
  }

  async call({ id, turn, name, args }: GuestCall, signal: AbortSignal): Promise<CallOutcome> {
    const called = this.#task.call({ id, step: this.#step.step, turn, name, args }, signal)
    const arrived = called.then((outcome) => {
      this.#came.set(id, outcome)
      this.#pending.delete(id)
    })
    this.#pending.set(id, arrived)
    return called
  }

  delivered(input: TurnInput): void {
    const at = this.now()
    const { step } = this.#step
    if (input.kind === 'cancel') {
      this.#task.record({ type: 'step.canceled', at, step, reason: input.reason, clock: input.clock })
      return
    }
    const { outcome, clock } = input
    const came = this.#came.get(outcome.id)
    this.#came.delete(outcome.id)
    // As delivered, not as it came: the sandbox may have had to cut or refuse the value.
    const { value, ...fields } = came && !came.ok ? outcomeRecord(at, step, came) : { value: undefined }
    const ms = came?.ms ?? 0
    const spent = value === undefined ? {} : { value }
    const what = outcome.ok
      ? { value: outcome.value }
      : { reason: callFailureSchema.catch('error').parse(outcome.reason), message: outcome.message, ...spent }
    this.#task.record({
      ...fields,
      type: 'call.ended',
      at,
      step,
      call: outcome.id,
      ok: outcome.ok,
      ms,
      clock,
      ...what,
    })
  }

  committed(turn: TurnOutput, replayed: boolean): void {
    if (!replayed) this.#task.record({ type: 'turn.committed', at: this.now(), ...turn })
  }

  undone(turn: UndoneTurn): void {
    this.#task.record({ type: 'turn.voided', at: this.now(), ...turn })
  }

  printed(line: string): void {
    this.#task.printed(this.#step.step, line)
  }

  /** The step has ended: what comes too late is journaled, a bounded wait for what cannot be sent again. */
  async settle(): Promise<void> {
    const { calls, step } = this.#step
    const risky = [...this.#pending].filter(([id]) => calls.get(id)?.started?.effect === 'once')
    if (risky.length > 0) {
      const { promise: waited, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, LATE_MS)
      await Promise.race([Promise.all(risky.map(([, arrived]) => arrived)), waited])
      clearTimeout(timer)
    }
    for (const outcome of this.#came.values()) {
      this.#task.record({ type: 'call.late', ...outcomeRecord(this.now(), step, outcome) })
    }
    this.#came.clear()
  }
}
