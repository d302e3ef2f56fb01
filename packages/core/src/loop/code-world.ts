import type { CallOutcome } from '../contract/gate.ts'
import type { ModelReply } from '../contract/model.ts'
import type {
  GuestCall,
  Observation,
  RecordedStep,
  Session,
  StepHost,
  TurnInput,
} from '../contract/sandbox.ts'
import { functionName } from '../define/check-definition.ts'
import { SandboxError } from '../errors/sandbox-error.ts'
import { DELEGATE_INPUT } from '../gate/create-gate.ts'
import type { StepState } from '../memory/task-state.ts'
import { stepOf } from '../memory/task-state.ts'
import { parseCodeReply } from '../parse/parse-reply.ts'
import { showObservation } from './show-observation.ts'
import type { Acted, TaskRun } from './task-run.ts'

/** Level 5: the task's JavaScript world, opened at its first step and rebuilt from the journal on resume. */
export class CodeWorld implements AsyncDisposable {
  readonly #run: TaskRun
  #session: Session | undefined

  constructor(run: TaskRun) {
    this.#run = run
  }

  /** Runs the code of a reply. */
  async step(step: number, reply: ModelReply): Promise<Acted> {
    const run = this.#run
    const known = stepOf(run.state, step)
    const action = parseCodeReply(reply.text, run.options.parses)
    if (known.code === undefined && action.kind === 'none') return { status: 'error', text: action.why }
    const session = await this.#open()
    if (known.code === undefined && action.kind === 'code') {
      const clock = run.now()
      run.record({
        type: 'step',
        at: clock,
        step,
        code: action.code,
        clock,
        functions: guestFunctions(run).map(({ name }) => name),
      })
      await run.flushed()
    }
    const { code } = known
    if (code === undefined) throw new SandboxError(`step ${step} has no code`)
    const observation = await session.execute(
      { step, code: code.code, clock: code.clock, recorded: recordedStep(known) },
      stepHost(run, step),
    )
    run.signal.throwIfAborted()
    const invented = action.kind === 'code' && action.invented
    return acted(observation, invented)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
  }

  async #open(): Promise<Session> {
    if (this.#session !== undefined) return this.#session
    const { options, state, signal } = this.#run
    if (options.sandbox === undefined) throw new SandboxError('level 5 needs a sandbox, and none was given')
    const { importsFrom } = options
    const { limits } = options.definition
    this.#session = await options.sandbox.open(
      {
        inputs: Object.fromEntries(
          state.spec.inputs
            .filter(({ value }) => value !== undefined)
            .map(({ name, value }) => [name, value]),
        ),
        functions: guestFunctions(this.#run),
        imports: state.spec.grant.imports,
        seed: state.spec.seed,
        ...(importsFrom === undefined ? {} : { importsFrom }),
        ...(limits === undefined ? {} : { limits }),
      },
      signal,
    )
    for (const step of state.steps) {
      if (step.code === undefined || step.observed === undefined) continue
      const { code, clock } = step.code
      await this.#session.execute(
        { step: step.step, code, clock, recorded: recordedStep(step) },
        replayHost(this.#run),
      )
    }
    return this.#session
  }
}

function guestFunctions({ state }: TaskRun) {
  const { tools, delegates } = state.spec.grant
  return [
    ...tools.map(({ name, description, input }) => ({ name, description, input })),
    ...delegates.map(({ name, description }) => ({
      name: functionName(name),
      description,
      input: DELEGATE_INPUT,
    })),
  ]
}

function recordedStep(step: StepState): RecordedStep {
  const { inputs, turns, observed, voided } = step
  return {
    inputs: [...inputs],
    turns: turns.map(({ step: number, turn, calls, done, cpuMs }) => ({
      step: number,
      turn,
      calls,
      done,
      cpuMs,
    })),
    ended: observed !== undefined || voided !== undefined,
    ...(voided === undefined
      ? {}
      : {
          voided: {
            step: voided.step,
            turn: voided.turn,
            reason: voided.reason,
            ...(voided.lost === undefined ? {} : { lost: voided.lost as TurnInput }),
          },
        }),
  }
}

/** The host's side of a step that goes on live: every call through the gate, every input journaled. */
function stepHost(run: TaskRun, step: number): StepHost {
  const times = new Map<string, number>()
  return {
    signal: run.signal,
    now: run.now,
    async call(call: GuestCall, signal: AbortSignal): Promise<CallOutcome> {
      const outcome = await run.gate.call(
        { id: call.id, step, turn: call.turn, name: call.name, args: call.args },
        signal,
      )
      times.set(call.id, outcome.ms)
      return outcome
    },
    delivered(input) {
      if (input.kind === 'cancel') {
        run.record({ type: 'cancel', at: run.now(), step, reason: input.reason, clock: input.clock })
        return
      }
      const { outcome, clock } = input
      run.record({
        type: 'outcome',
        at: run.now(),
        step,
        id: outcome.id,
        ok: outcome.ok,
        ms: times.get(outcome.id) ?? 0,
        clock,
        ...(outcome.ok
          ? { value: outcome.value }
          : { reason: failureOf(outcome.reason), message: outcome.message }),
      })
    },
    committed(turn, replayed) {
      if (!replayed) run.record({ type: 'turn', at: run.now(), ...turn })
    },
    undone({ turn, reason, lost }) {
      run.record({ type: 'void', at: run.now(), step, turn, reason, ...(lost === undefined ? {} : { lost }) })
    },
    printed(line) {
      run.live({ type: 'print', step, line })
    },
  }
}

const FAILURES = ['error', 'refused', 'unknown-outcome', 'canceled'] as const

function failureOf(reason: string): (typeof FAILURES)[number] {
  return FAILURES.find((known) => known === reason) ?? 'error'
}

/** A step that has ended is only executed again: nothing may leave it. */
function replayHost(run: TaskRun): StepHost {
  return {
    signal: run.signal,
    now: run.now,
    call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'canceled', message: 'the step has ended' }),
  }
}

function acted(observation: Observation, invented: boolean): Acted {
  const note = invented ? '\n\nYou wrote an observation yourself; it was ignored. Stop after </code>.' : ''
  const { status, worldHash } = observation
  // An answer that rests on an observation the model made up is not one.
  const final = invented && observation.calls.length > 0 ? undefined : observation.final
  const refused =
    final === undefined && observation.final !== undefined
      ? '\n\nfinalAnswer was refused: look at the real results first.'
      : ''
  return {
    status,
    text: `${showObservation(observation)}${note}${refused}`,
    ...(final === undefined ? {} : { final }),
    ...(worldHash === undefined ? {} : { worldHash }),
  }
}
