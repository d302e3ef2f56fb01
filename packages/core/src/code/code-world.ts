import {
  DEFAULT_SANDBOX_LIMITS,
  type DivergedError,
  hasCode,
  type Observation,
  type Session,
} from '@bailiwick/contract'
import { parseCode } from '@bailiwick/reply-parser'
import type { StepState } from '@bailiwick/task-journal'
import { repeatedCode } from '../gate/repeat-breaker.ts'
import { type Acted, mistake, type TaskRun } from '../loop/task-run.ts'
import { noCode, worldLost } from '../prompts/feedback.ts'
import { beginStep } from './begin-step.ts'
import { cardsHash } from './cards-hash.ts'
import { CodeStep } from './code-step.ts'
import { rebuildWorld, refuseRestored } from './rebuild-world.ts'
import { showStep } from './show-step.ts'
import { recordedRequest, worldOf } from './world-of.ts'

/** A checkpoint comes after this share of a task's CPU time, so that a long one has few. */
const LEAST_SHARE = 0.1

/** Level 5: the task's JavaScript world, opened at its first step and rebuilt from the journal on resume. */
export class CodeWorld implements AsyncDisposable {
  readonly #run: TaskRun
  #session: Session | undefined
  /** The step whose beginning is journaled. */
  #begun: StepState | undefined
  #called: { functions: string[]; cards: string } | undefined
  /** CPU time of the task when its world could not be written down. */
  #refusedAt = 0

  constructor(run: TaskRun) {
    this.#run = run
  }

  /** Runs the code of a reply, or what is left of it after an attempt that was cut off. */
  async act(step: StepState, left: number): Promise<Acted> {
    const { reply } = step
    if (reply === undefined) return mistake('there was no reply')
    const parsed = parseCode(reply, this.#run.options.parses)
    if (parsed.kind !== 'code') {
      return mistake(
        noCode(parsed.kind === 'nothing' ? parsed.problem : 'no-code', reply.finish === 'length'),
      )
    }
    const repeated = step.code ? undefined : repeatedCode(this.#run.state, step.step, parsed.code)
    if (repeated !== undefined)
      return mistake(`${repeated}\nIt was not run again. Do something else, or answer.`)
    try {
      const observation = await this.#execute(step, parsed.code)
      return showStep(observation, parsed, left)
    } catch (error) {
      if (!hasCode(error, 'diverged')) throw error
      await this.#lose(step, error)
      return mistake(worldLost)
    }
  }

  /** After a step's end: writes the world down where much CPU time has gone by since the last time. */
  async checkpoint(): Promise<void> {
    const session = this.#session
    if (session?.checkpoint === undefined) return
    const { state, options, now, record } = this.#run
    const { checkpointCpuMs } = { ...DEFAULT_SANDBOX_LIMITS, ...options.definition.limits }
    const least = checkpointCpuMs === 0 ? 0 : Math.max(checkpointCpuMs, state.cpuMs * LEAST_SHARE)
    const spent = Math.min(state.uncheckpointedMs, state.cpuMs - this.#refusedAt)
    if (spent < least) return
    const made = await session.checkpoint()
    if ('refused' in made) this.#refusedAt = state.cpuMs
    else record({ type: 'checkpoint', at: now(), ...made })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #execute(step: StepState, code: string): Promise<Observation> {
    const run = this.#run
    const session = await this.#open(step)
    if (this.#begun !== step) {
      this.#begun = step
      await beginStep(run, step, code, this.#functions())
    }
    // A task that is being left takes no more records.
    const request = recordedRequest(step) ?? { step: step.step, code, clock: run.now() }
    const host = new CodeStep(run, step)
    let observation: Observation
    try {
      observation = await session.execute(request, host)
    } catch (error) {
      if (!refuseRestored(run, session, error)) throw error
      await this.#close()
      return this.#execute(step, code)
    }
    await host.settle()
    return observation
  }

  /** Names of what the code can call, and the digest of their cards: the same for all steps of an attempt. */
  #functions() {
    const { functions } = this.#world()
    this.#called ??= { functions: functions.map(({ name }) => name), cards: cardsHash(functions) }
    return this.#called
  }

  #world() {
    const { state, options, own } = this.#run
    return worldOf(state, [...own.values()], options.inputs)
  }

  async #open(current: StepState): Promise<Session> {
    const { importsFrom, definition } = this.#run.options
    this.#session ??= await rebuildWorld(
      this.#run,
      {
        ...this.#world(),
        ...(importsFrom !== undefined && { importsFrom }),
        ...(definition.limits && { limits: definition.limits }),
      },
      current,
    )
    return this.#session
  }

  async #close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
    this.#session = undefined
  }

  /** Nothing goes on in a world that is not what the journal says: the next step gets a fresh one. */
  async #lose(current: StepState, error: Error): Promise<void> {
    await this.#close()
    const {
      step = current.step,
      turn = current.turns.length,
      recorded = 'see the message',
      replayed = error.message,
    } = error as Partial<DivergedError> & Error
    const then = this.#run.state.steps.find((one) => one.step === step)?.code?.cards
    const { cards } = this.#functions()
    const other = then !== undefined && then !== cards
    const [now, ...before] = this.#run.state.engines.toReversed()
    const engines = { recorded: [...new Set(before)], replayed: now ?? '' }
    this.#run.record({
      type: 'diverged',
      at: this.#run.now(),
      step,
      turn,
      recorded: other ? `${recorded}\nwith functions of the digest ${then}` : recorded,
      replayed: other ? `${replayed}\nwith functions of the digest ${cards}` : replayed,
      engines,
    })
  }
}
