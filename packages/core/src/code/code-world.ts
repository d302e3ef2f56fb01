import type { Session } from '../contract/sandbox.ts'
import { hasCode } from '../errors/bailiwick-error.ts'
import type { DivergedError } from '../errors/diverged-error.ts'
import { SandboxError } from '../errors/sandbox-error.ts'
import { ownFunctions } from '../gate/own-functions.ts'
import { repeatedCode } from '../gate/repeat-breaker.ts'
import { type Acted, mistake, type TaskRun } from '../loop/task-run.ts'
import type { StepState } from '../memory/task-state.ts'
import { parseCode } from '../parse/parse-reply.ts'
import { noCode, worldLost } from '../prompts/feedback.ts'
import { CodeStep } from './code-step.ts'
import { silentHost } from './replay-task.ts'
import { showStep } from './show-step.ts'
import { recordedStep, worldOf } from './world-of.ts'

/** Level 5: the task's JavaScript world, opened at its first step and rebuilt from the journal on resume. */
export class CodeWorld implements AsyncDisposable {
  readonly #run: TaskRun
  #session: Session | undefined

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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
  }

  async #execute(step: StepState, code: string) {
    const run = this.#run
    const session = await this.#open(step)
    if (step.code === undefined) {
      const clock = run.now()
      const functions = this.#world().functions.map(({ name }) => name)
      run.record({ type: 'step', at: clock, step: step.step, code, clock, functions })
    }
    const { code: source, clock } = step.code ?? { code, clock: run.now() }
    const recorded = recordedStep(step)
    const host = new CodeStep(run, step)
    const request = { step: step.step, code: source, clock, ...(recorded && { recorded }) }
    const observation = await session.execute(request, host)
    await host.settle()
    return observation
  }

  #world() {
    const { state, options } = this.#run
    return worldOf(state, ownFunctions(options.definition, state), options.inputs)
  }

  /** The world as it was before `current`: every earlier step's code again, with what was delivered to it. */
  async #open(current: StepState): Promise<Session> {
    if (this.#session !== undefined) return this.#session
    const { options, state, signal } = this.#run
    if (options.sandbox === undefined) throw new SandboxError('level 5 runs code: give the loop a sandbox')
    const { importsFrom, definition } = options
    const session = await options.sandbox.open(
      {
        ...this.#world(),
        ...(importsFrom !== undefined && { importsFrom }),
        ...(definition.limits && { limits: definition.limits }),
      },
      signal,
    )
    this.#session = session
    for (const step of state.steps) {
      const recorded = recordedStep(step)
      if (step === current || step.code === undefined || step.step <= state.worldLostAfter || !recorded)
        continue
      const { code, clock } = step.code
      await session.execute({ step: step.step, code, clock, recorded }, silentHost(signal, this.#run.now))
    }
    return session
  }

  /** Nothing goes on in a world that is not what the journal says: the next step gets a fresh one. */
  async #lose({ step, turns }: StepState, error: Error): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
    this.#session = undefined
    const { recorded = 'see the message', replayed = error.message } = error as Partial<DivergedError> & Error
    this.#run.record({ type: 'diverged', at: this.#run.now(), step, turn: turns.length, recorded, replayed })
  }
}
