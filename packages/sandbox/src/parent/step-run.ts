import {
  SandboxError,
  type SandboxLimits,
  type StepHost,
  type StepRequest,
  type TurnInput,
  type TurnOutput,
} from '@bailiwick/contract/world'
import type { BundleAnswer, StepEnd } from '../frames/frame.ts'
import { type Box, BoxDied, type BoxEnd, type BoxFrame } from './box.ts'
import { LiveCalls } from './live-calls.ts'
import { RecordedTurns } from './recorded-turns.ts'
import { StepInputs } from './step-inputs.ts'
import { StepPrints } from './step-prints.ts'
import type { StepResult } from './step-result.ts'
import { StepStop } from './step-stop.ts'
import { StepTime } from './step-time.ts'
import { TurnCalls } from './turn-calls.ts'
import type { StepRecord } from './world-record.ts'

export interface StepContext {
  box: Box
  limits: SandboxLimits
  /** The seed of a step that has none of its own. */
  seed: string
  bundles(names: string[]): Promise<BundleAnswer[]>
}

/** Runs one step: sends inputs, receives turns and makes calls in between. */
export class StepRun {
  readonly #context: StepContext
  readonly #request: StepRequest
  readonly #host: StepHost
  readonly #record: StepRecord
  readonly #calls: LiveCalls
  readonly #done = Promise.withResolvers<void>()
  readonly #began = performance.now()
  readonly #prints: StepPrints
  readonly #inputs: StepInputs
  readonly #turnCalls: TurnCalls
  readonly #recorded: RecordedTurns
  readonly #time: StepTime
  readonly #stop: StepStop
  #end: StepEnd | undefined
  #over = false
  #voided: StepResult['voided']

  constructor(context: StepContext, request: StepRequest, host: StepHost) {
    this.#context = context
    this.#request = request
    this.#host = host
    const { step, code, clock, seed = context.seed } = request
    this.#record = { step, code, clock, seed, inputs: [], turns: [] }
    this.#turnCalls = new TurnCalls(request.step, context.limits.callsPerStep)
    this.#recorded = new RecordedTurns(request.recorded)
    this.#time = new StepTime(context.limits, this.#recorded)
    const { box, limits } = context
    this.#inputs = new StepInputs({ box, host, recorded: this.#recorded, time: this.#time })
    this.#prints = new StepPrints(limits.outputChars, (line) => {
      if (!this.#recorded.replaying) host.printed?.(line)
    })
    this.#calls = new LiveCalls(host, limits, {
      failed: (error) => this.#fail(error),
      settled: (outcome) => this.#offer({ kind: 'outcome', outcome, clock: host.now() }),
      waitedTooLong: () => this.#stop.now('timeout', `no call returned within ${limits.waitMs} ms`),
    })
    const parts = { box, host, inputs: this.#inputs, calls: this.#calls, time: this.#time }
    this.#stop = new StepStop({
      ...parts,
      over: () => this.#over,
      guarded: (action) => this.#guarded(action),
    })
  }

  async run(): Promise<StepResult> {
    const { signal } = this.#host
    const abort = () =>
      this.#stop.cancel(String((signal.reason as Error | undefined)?.message ?? signal.reason ?? 'canceled'))
    this.#context.box.listen({
      frame: (frame) => this.#guarded(() => this.#frame(frame)),
      ended: (end) => this.#guarded(() => this.#boxEnded(end)),
    })
    signal.addEventListener('abort', abort, { once: true })
    try {
      this.#start()
      if (signal.aborted) abort()
      await this.#done.promise
      await this.#calls.finish(this.#voided === undefined && this.#stop.how === undefined)
    } finally {
      signal.removeEventListener('abort', abort)
      this.#stop.dispose()
      this.#context.box.watch(undefined)
      this.#calls.abort('the step is over')
    }
    return this.#result()
  }

  #result(): StepResult {
    const result: StepResult = {
      record: this.#record,
      end: this.#end,
      printed: this.#prints.lines,
      calls: this.#calls.reports(),
      usage: {
        wallMs: performance.now() - this.#began,
        cpuMs: this.#time.cpuMs,
        turns: this.#record.turns.length,
      },
    }
    if (this.#stop.how !== undefined) result.stopped = this.#stop.how
    if (this.#voided !== undefined) result.voided = this.#voided
    return result
  }

  /** Makes an error in a callback end the step, not the process. */
  #guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#over = true
    this.#done.reject(error)
  }

  #start(): undefined {
    const { recorded } = this.#request
    const { step, code, clock, seed } = this.#record
    for (const input of recorded?.inputs ?? []) this.#inputs.add(input)
    if (recorded?.voided?.turn === 0) return this.#replayEnded()
    this.#inputs.begin({ type: 'step', step, code, clock, seed, budgetMs: this.#time.budget(0) })
  }

  /** Adds a live input to the queue. */
  #offer(input: TurnInput): void {
    if (this.#over || this.#recorded.replaying) return
    this.#inputs.add(input)
    this.#guarded(() => this.#inputs.feed())
  }

  #frame(frame: BoxFrame): undefined {
    if (this.#over) return
    switch (frame.type) {
      case 'print':
        return this.#prints.add(frame.lines)
      case 'refused':
        return this.#calls.refused(this.#request.step, frame.name, frame.message)
      case 'calls':
        return this.#turnCalls.add(this.#record.turns.length, frame.calls)
      case 'need':
        void this.#loadModules(frame.names)
        return
      case 'turn':
        return this.#turn(frame)
      case 'ended':
        this.#end = frame.end
        return this.#finish()
      default:
        throw new SandboxError(
          `Expected a frame of a running step from the sandbox's child, found a ${frame.type} frame.`,
        )
    }
  }

  /** Provides the packages that the step's code waits for. The time to bundle them does not count as the step's. */
  async #loadModules(names: string[]): Promise<void> {
    this.#context.box.watch(undefined)
    try {
      const modules = await this.#context.bundles(names)
      if (this.#over) return
      this.#inputs.watchNext()
      this.#context.box.send({ type: 'modules', modules, budgetMs: this.#time.budget(0) })
    } catch (error) {
      this.#fail(error)
    }
  }

  #turn({ cpuMs, wallMs, calls: made, end }: Extract<BoxFrame, { type: 'turn' }>): undefined {
    this.#turnCalls.add(this.#record.turns.length, made)
    const input = this.#inputs.returned()
    const { replaying: replayed } = this.#recorded
    const { calls, hashes } = this.#turnCalls.take()
    const turn: TurnOutput = {
      step: this.#request.step,
      turn: this.#record.turns.length,
      calls: hashes,
      done: end !== undefined,
      cpuMs,
    }
    if (replayed) this.#recorded.again(turn, calls)
    this.#time.spend(cpuMs, wallMs)
    if (input !== undefined) {
      this.#record.inputs.push(input)
      if (input.kind === 'outcome') this.#calls.delivered(input.outcome, this.#recorded.has(input))
    }
    this.#record.turns.push(turn)
    this.#host.committed?.(turn, replayed)
    this.#calls.add(calls, input?.clock ?? this.#request.clock, replayed)
    this.#end = end
    if (end !== undefined) return this.#finish()
    this.#goOn(replayed)
  }

  #goOn(replayed: boolean): undefined {
    this.#inputs.watchNext()
    if (replayed && !this.#recorded.replaying) {
      if (this.#request.recorded?.ended) return this.#replayEnded()
      this.#calls.goLive(this.#inputs.answered())
    }
    if (this.#time.overCpu) {
      return this.#stop.now('timeout', `the step used more than ${this.#context.limits.cpuMs} ms of CPU time`)
    }
    if (!this.#stop.deliverCancel()) this.#inputs.feed()
  }

  /** The record ended before the step's code: the step was stopped from outside, or a turn was voided. */
  #replayEnded(): undefined {
    const voided = this.#request.recorded?.voided
    if (voided !== undefined) {
      this.#record.voided = voided
      this.#voided = { message: 'as recorded', ...voided }
    } else this.#stop.asRecorded(this.#record.inputs.at(-1)?.kind === 'cancel' ? 'canceled' : 'timeout')
    if (this.#record.turns.length === 0) return this.#finish()
    this.#stop.askForEnd()
  }

  #boxEnded(end: BoxEnd): void {
    if (this.#over) return
    if (this.#recorded.replaying) {
      const message = `The world cannot be rebuilt: ${end.reason} in step ${this.#request.step} (${end.message}).`
      throw end.reason === 'crashed' ? new BoxDied(message) : new SandboxError(message)
    }
    const turn = this.#record.turns.length
    const lost = this.#inputs.running
    const { reason, message } = end
    const voided = { step: this.#request.step, turn, reason, message, ...(lost !== undefined && { lost }) }
    this.#record.voided = voided
    this.#voided = voided
    this.#host.voided?.(voided)
    this.#finish()
  }

  #finish(): undefined {
    this.#over = true
    this.#done.resolve()
  }
}
