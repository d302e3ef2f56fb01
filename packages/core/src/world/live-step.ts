import {
  type CallOutcome,
  type CallWait,
  callFailureSchema,
  type GuestCall,
  type StepHost,
  type TurnInput,
  type TurnOutput,
  type VoidedTurn,
} from '@bailiwick/contract'
import { delegated, outcomeRecord } from '../journal/outcome-record.ts'
import type { StepState } from '../journal/task-world.ts'
import type { CodeTask } from './code-task.ts'

/** After a step's end, wait this long for calls of effect `once` that its code did not await, ms. */
const MAX_LATE_MS = 2_000

/** The host of a live step: makes the code's calls and journals each input that the code receives. */
export class LiveStep implements StepHost {
  readonly signal: AbortSignal
  readonly #task: CodeTask
  readonly #step: StepState
  /** Outcomes that have arrived and were not delivered. */
  readonly #arrived = new Map<string, CallOutcome>()
  /** Open calls. */
  readonly #pending = new Map<string, Promise<void>>()

  constructor(task: CodeTask, step: StepState) {
    this.#task = task
    this.#step = step
    this.signal = task.signal
  }

  now(): number {
    return this.#task.now()
  }

  async call({ id, turn, name, args }: GuestCall, signal: AbortSignal, wait: CallWait): Promise<CallOutcome> {
    const called = this.#task.call({ id, step: this.#step.step, turn, name, args }, signal, wait)
    const settled = called.then((outcome) => {
      this.#arrived.set(id, outcome)
      this.#pending.delete(id)
    })
    this.#pending.set(id, settled)
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
    const arrived = this.#arrived.get(outcome.id)
    this.#arrived.delete(outcome.id)
    // Journal what was delivered: the sandbox may have cut or refused the value that arrived.
    const { value, ...fields } =
      arrived && !arrived.ok ? outcomeRecord(at, step, arrived) : { value: undefined }
    const more = arrived === undefined ? {} : delegated(arrived)
    const ms = arrived?.ms ?? 0
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
      ...more,
      ...what,
    })
  }

  committed(turn: TurnOutput, replayed: boolean): void {
    if (!replayed) this.#task.record({ type: 'turn.committed', at: this.now(), ...turn })
  }

  voided(turn: VoidedTurn): void {
    this.#task.record({ type: 'turn.voided', at: this.now(), ...turn })
  }

  printed(line: string): void {
    this.#task.printed(this.#step.step, line)
  }

  /** Call after the step's end. Waits a bounded time for calls of effect `once`, and journals late outcomes. */
  async settle(): Promise<void> {
    const { calls, step } = this.#step
    const risky = [...this.#pending].filter(([id]) => calls.get(id)?.started?.effect === 'once')
    if (risky.length > 0) {
      const { promise: waited, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, MAX_LATE_MS)
      await Promise.race([Promise.all(risky.map(([, settled]) => settled)), waited])
      clearTimeout(timer)
    }
    for (const outcome of this.#arrived.values()) {
      this.#task.record({ type: 'call.late', ...outcomeRecord(this.now(), step, outcome) })
    }
    this.#arrived.clear()
  }
}
