import {
  DEFAULT_SANDBOX_LIMITS,
  type DivergedError,
  hasCode,
  type Observation,
  type Session,
} from '@bailiwick/contract'
import type { StepState } from '../journal/task-world.ts'
import type { CodeTask } from './code-task.ts'
import { LiveStep } from './live-step.ts'
import { rebuildWorld, refuseRestored } from './rebuild-world.ts'
import { cardsHash, filesOf, functionsOf, recordedRequest, worldOf } from './recorded-world.ts'

/** Takes a checkpoint only after this share of a task's CPU time, so that a long task takes few. */
const MIN_CHECKPOINT_SHARE = 0.1

/** A turn in which this many processes died is voided, because it may be the cause. */
const MAX_DEATHS = 2

/** One task's JavaScript world. Opens it at the first step, or rebuilds it from the journal. */
export class CodeWorld implements AsyncDisposable {
  readonly #task: CodeTask
  #session: Session | undefined
  /** The step whose start this attempt has journaled. */
  #begun: StepState | undefined
  #called: { functions: string[]; cards: string } | undefined
  /** The task's CPU time when a checkpoint last failed. */
  #refusedAt = 0

  constructor(task: CodeTask) {
    this.#task = task
  }

  /**
   * Runs a step's code. If the journal holds part of the step, replays that part and continues from there.
   *
   * @throws DivergedError if the replay differs from the journal. The divergence is journaled, and the next step gets
   *   an empty world.
   */
  async execute(step: StepState, code: string): Promise<Observation> {
    try {
      return await this.#execute(step, code)
    } catch (error) {
      if (hasCode(error, 'diverged')) await this.#lose(step, error)
      throw error
    }
  }

  /** Call after a step's end. Takes a checkpoint if much CPU time has passed since the last one. */
  async checkpoint(): Promise<void> {
    const session = this.#session
    if (session?.checkpoint === undefined) return
    const { state, now, record } = this.#task
    const { checkpointCpuMs } = { ...DEFAULT_SANDBOX_LIMITS, ...state.limits }
    const least = checkpointCpuMs === 0 ? 0 : Math.max(checkpointCpuMs, state.cpuMs * MIN_CHECKPOINT_SHARE)
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
      await this.#begin(step, code)
    }
    // While the task is being suspended, its records are dropped, so the step's start may be missing.
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

  /**
   * Journals that a step's code starts. If an earlier host died during a turn of the step, journals that the turn
   * starts again, or undoes the turn if too many processes have died in it.
   */
  async #begin(step: StepState, code: string): Promise<void> {
    const { state, now, record, flushed } = this.#task
    const at = now()
    if (step.code === undefined) {
      const { seed } = state.spec
      const files = Object.keys(filesOf(state))
      const defined = { ...this.#functions(), ...(files.length > 0 && { files }) }
      record({ type: 'step.started', at, step: step.step, code, clock: at, seed, ...defined })
      return
    }
    if (!isTurnOpen(step)) return
    const turn = step.turns.length
    if (step.begun < MAX_DEATHS) {
      record({ type: 'turn.restarted', at, step: step.step, turn })
      // Make the count durable before a turn that may kill this process at once.
      await flushed()
      return
    }
    const message = `${step.begun} processes died in it, one after the other`
    const lost = step.inputs[turn - 1]
    record({
      type: 'turn.voided',
      at,
      step: step.step,
      turn,
      reason: 'crashed',
      message,
      ...(lost && { lost }),
    })
  }

  /** The functions that the code can call, and the digest of their cards. Both stay the same during an attempt. */
  #functions() {
    if (this.#called === undefined) {
      const functions = functionsOf(this.#task.state)
      this.#called = { functions: functions.map(({ name }) => name), cards: cardsHash(functions) }
    }
    return this.#called
  }

  /** Journals a divergence and closes the world, so that the next step gets an empty one. */
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
    const changed = then !== undefined && then !== cards
    record({
      type: 'task.diverged',
      at: now(),
      step,
      turn,
      recorded: changed ? `${recorded}\nwith functions of digest ${then}` : recorded,
      replayed: changed ? `${replayed}\nwith functions of digest ${cards}` : replayed,
      engines,
    })
  }
}

/** Whether a turn of the step has begun that has not committed: the code itself, or its reaction to the last input. */
function isTurnOpen({ turns, inputs, voided }: StepState): boolean {
  return voided === undefined && turns.at(-1)?.done !== true && inputs.length >= turns.length
}
