import {
  DEFAULT_SANDBOX_LIMITS,
  type DivergedError,
  hasCode,
  type Observation,
  type Session,
} from '@bailiwick/contract'
import type { StepState } from '../journal/task-state.ts'
import { beginStep } from './begin-step.ts'
import { cardsHash } from './cards-hash.ts'
import type { CodeTask } from './code-task.ts'
import { LiveStep } from './live-step.ts'
import { rebuildWorld, refuseRestored } from './rebuild-world.ts'
import { functionsOf, recordedRequest, worldOf } from './recorded-world.ts'

/** A checkpoint comes after this share of a task's CPU time, so that a long one has few. */
const LEAST_SHARE = 0.1

/** One task's JavaScript world, opened at its first step and rebuilt from the journal on resume. */
export class CodeWorld implements AsyncDisposable {
  readonly #task: CodeTask
  #session: Session | undefined
  /** The step whose beginning is journaled. */
  #begun: StepState | undefined
  #called: { functions: string[]; cards: string } | undefined
  /** CPU time of the task when its world could not be written down. */
  #refusedAt = 0

  constructor(task: CodeTask) {
    this.#task = task
  }

  /**
   * Runs a step's code: what the journal has of it again, and on from there.
   *
   * @throws DivergedError where the journal's code went another way than it had. That is journaled, and the next
   * step gets a fresh world.
   */
  async execute(step: StepState, code: string): Promise<Observation> {
    try {
      return await this.#execute(step, code)
    } catch (error) {
      if (hasCode(error, 'diverged')) await this.#lose(step, error)
      throw error
    }
  }

  /** After a step's end: writes the world down where much CPU time has gone by since the last time. */
  async checkpoint(): Promise<void> {
    const session = this.#session
    if (session?.checkpoint === undefined) return
    const { state, now, record } = this.#task
    const { checkpointCpuMs } = { ...DEFAULT_SANDBOX_LIMITS, ...state.limits }
    const least = checkpointCpuMs === 0 ? 0 : Math.max(checkpointCpuMs, state.cpuMs * LEAST_SHARE)
    const spent = Math.min(state.uncheckpointedMs, state.cpuMs - this.#refusedAt)
    if (spent < least) return
    const made = await session.checkpoint()
    if ('refused' in made) this.#refusedAt = state.cpuMs
    else record({ type: 'step.checkpointed', at: now(), ...made })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
    this.#session = undefined
  }

  async #execute(step: StepState, code: string): Promise<Observation> {
    const task = this.#task
    this.#session ??= await rebuildWorld(task, worldOf(task.state, task), step)
    const session = this.#session
    if (this.#begun !== step) {
      this.#begun = step
      await beginStep(task, step, code, this.#functions())
    }
    // A task that is being left takes no more records.
    const request = recordedRequest(step) ?? { step: step.step, code, clock: task.now() }
    const host = new LiveStep(task, step)
    try {
      const observation = await session.execute(request, host)
      await host.settle()
      return observation
    } catch (error) {
      if (!refuseRestored(task, session, error)) throw error
      await this[Symbol.asyncDispose]()
      return this.#execute(step, code)
    }
  }

  /** Names of what the code can call, and the digest of their cards: the same for all steps of an attempt. */
  #functions() {
    if (this.#called === undefined) {
      const functions = functionsOf(this.#task.state)
      this.#called = { functions: functions.map(({ name }) => name), cards: cardsHash(functions) }
    }
    return this.#called
  }

  /** Nothing goes on in a world that is not what the journal says: the next step gets a fresh one. */
  async #lose(current: StepState, error: Error): Promise<void> {
    await this[Symbol.asyncDispose]()
    const {
      step = current.step,
      turn = current.turns.length,
      recorded = 'see the message',
      replayed = error.message,
    } = error as Partial<DivergedError> & Error
    const { state, now, record } = this.#task
    const [engine = '', ...before] = state.engines.toReversed()
    const engines = { recorded: [...new Set(before)], replayed: engine }
    const { cards } = this.#functions()
    const then = state.steps.find((one) => one.step === step)?.code?.cards
    const other = then !== undefined && then !== cards
    record({
      type: 'task.diverged',
      at: now(),
      step,
      turn,
      recorded: other ? `${recorded}\nwith functions of the digest ${then}` : recorded,
      replayed: other ? `${replayed}\nwith functions of the digest ${cards}` : replayed,
      engines,
    })
  }
}
