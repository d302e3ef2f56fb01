import type { SandboxLimits, StepHost, StepRequest, TurnInput, TurnOutput } from '@bailiwick/contract/world'
import { SandboxError } from '@bailiwick/contract/world'
import { type BundleAnswer, MAX_REFUSED_IMPORTS, type StepEnd, type ToChild } from '../frames/frame.ts'
import { decodeSliced } from '../values/decode-sliced.ts'
import { type Box, BoxDied, type BoxEnd, type BoxFrame } from './box.ts'
import { LiveCalls } from './live-calls.ts'
import { RecordedTurns } from './recorded-turns.ts'
import { StepPrints } from './step-prints.ts'
import type { StepResult } from './step-result.ts'
import { GRACE_MS, idleLimits, StepTime } from './step-time.ts'
import { TurnCalls } from './turn-calls.ts'
import type { StepRecord } from './world-record.ts'

/** How many inputs may be on their way to the child. It still processes one after the other. */
const MAX_SENT = 256
/** A preview ends with the count of what is missing, characters. */
const COUNT_CHARS = 100

export interface StepContext {
  box: Box
  limits: SandboxLimits
  /** The seed of a step that has none of its own. */
  seed: string
  bundles(names: string[]): Promise<BundleAnswer[]>
}

/**
 * Runs one step: sends inputs to the child, takes the turns that come back, and makes calls in between.
 *
 * Everything that happens is an event: a frame, the end of the child, an outcome, a cancel. After each event,
 * `#advance` looks at the whole state, sends what can be sent, and sets the limits of the child. The child is not
 * trusted: no report of its own switches its limits off, and a frame that does not fit the state ends the child.
 */
export class StepRun {
  readonly #context: StepContext
  readonly #request: StepRequest
  readonly #host: StepHost
  readonly #record: StepRecord
  readonly #recorded: RecordedTurns
  readonly #time: StepTime
  readonly #calls: LiveCalls
  readonly #turnCalls: TurnCalls
  readonly #prints: StepPrints
  readonly #done = Promise.withResolvers<void>()
  readonly #began = performance.now()
  readonly #events: (() => void)[] = []
  #isHandling = false
  /** Inputs that were not sent yet, in the order of delivery. */
  #queue: TurnInput[] = []
  /** Sent inputs whose turn has not returned. Undefined stands for the step's code. */
  readonly #sent: (TurnInput | undefined)[] = []
  /** `asked`: the child waits for the bundles of packages. */
  #modules: 'unasked' | 'asked' | 'sent' = 'unasked'
  #refusedImports = 0
  /** The reason of a cancel that was requested. */
  #canceled: string | undefined
  #killTimer: NodeJS.Timeout | undefined
  /** Set if the step is stopped before its code ends. */
  #stopped: StepResult['stopped']
  /** The child was asked to end the step. */
  #isEnding = false
  #end: StepEnd | undefined
  /** The step's end has arrived, and its answer is being decoded. */
  #isDecoding = false
  #final: StepResult['final']
  #voided: StepResult['voided']
  #isOver = false
  /** What the present limits are for, and the number of turns at that time. */
  #watched: { phase: Phase | undefined; turn: number } = { phase: undefined, turn: 0 }

  constructor(context: StepContext, request: StepRequest, host: StepHost) {
    const { limits } = context
    const { step, code, clock, seed = context.seed } = request
    this.#context = context
    this.#request = request
    this.#host = host
    this.#record = { step, code, clock, seed, inputs: [], turns: [] }
    this.#recorded = new RecordedTurns(request.recorded)
    this.#time = new StepTime(limits, this.#recorded)
    this.#turnCalls = new TurnCalls(step, limits.callsPerStep)
    this.#prints = new StepPrints(limits.outputChars)
    this.#calls = new LiveCalls(host, limits, {
      settled: (outcome) =>
        this.#on(() => {
          // Outcomes of a step that ends are dropped.
          if (!this.#recorded.replaying && this.#canceled === undefined && !this.#isEnding) {
            this.#queue.push({ kind: 'outcome', outcome, clock: host.now() })
          }
        }),
      broken: (what) => this.#on(() => this.#broken(what)),
      waitedTooLong: () =>
        this.#on(() => this.#stop('timeout', `the step waited for calls for more than ${limits.waitMs} ms`)),
    })
  }

  /** @throws DivergedError, SandboxError, BoxDied, and what the host throws */
  async run(): Promise<StepResult> {
    const { box, limits } = this.#context
    const { signal } = this.#host
    const abort = () => this.#on(() => this.#cancel(signal.reason))
    box.listen({
      frame: (frame) => this.#on(() => this.#frame(frame)),
      ended: (end) => this.#on(() => this.#boxEnded(end)),
    })
    signal.addEventListener('abort', abort, { once: true })
    try {
      this.#on(() => this.#start())
      if (signal.aborted) abort()
      await this.#done.promise
      box.listen(undefined)
      box.watch(idleLimits(limits.residentMb))
      if (this.#voided === undefined && this.#stopped === undefined) await this.#calls.finish()
    } finally {
      signal.removeEventListener('abort', abort)
      clearTimeout(this.#killTimer)
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
    if (this.#final !== undefined && this.#voided === undefined) result.final = this.#final
    if (this.#stopped !== undefined) result.stopped = this.#stopped
    if (this.#voided !== undefined) result.voided = this.#voided
    return result
  }

  /** Handles an event, after the one that is being handled. Makes an error in it end the step, not the process. */
  #on(event: () => void): void {
    this.#events.push(event)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        if (!this.#isOver) next()
      }
      if (!this.#isOver) this.#advance()
    } catch (error) {
      this.#isOver = true
      this.#done.reject(error)
    } finally {
      this.#isHandling = false
    }
  }

  #finish(): undefined {
    this.#isOver = true
    this.#done.resolve()
  }

  /** Does what the state allows now. */
  #advance(): void {
    if (this.#canceled !== undefined && this.#stopped === undefined && this.#phase() === 'waiting') {
      // Everything that the code waits for rejects, so that it can clean up. Then the step ends.
      this.#stopped = { status: 'canceled', message: this.#canceled }
      this.#queue.push({ kind: 'cancel', reason: this.#canceled, clock: this.#host.now() })
    }
    this.#feed()
    const phase = this.#phase()
    this.#calls.waiting(phase === 'waiting')
    this.#watch(phase)
  }

  #phase(): Phase {
    if (this.#modules === 'asked') return 'loading'
    if (this.#sent.length > 0) return 'running'
    return this.#isEnding ? 'ending' : 'waiting'
  }

  /** Sets the limits of the child once for each phase of each turn, so that no frame extends them. */
  #watch(phase: Phase): void {
    const turn = this.#record.turns.length
    if (this.#watched.phase === phase && this.#watched.turn === turn) return
    this.#watched = { phase, turn }
    const { box } = this.#context
    if (phase === 'running') box.watch(this.#time.atTurn(turn, this.#time.budget(turn)))
    else box.watch(phase === 'ending' ? this.#time.atEnd() : this.#time.atRest())
  }

  #start(): undefined {
    const { recorded } = this.#request
    const { step, code, clock, seed } = this.#record
    if (recorded !== undefined) this.#queue.push(...recorded.inputs)
    if (recorded?.voided?.turn === 0) return this.#replayEnded()
    this.#send(undefined, { type: 'step', step, code, clock, seed, budgetMs: this.#time.budget(0) })
  }

  /** Sends as many inputs as fit. */
  #feed(): void {
    // Before the first turn has returned, the code may still wait for its packages and cannot take inputs.
    if (this.#record.turns.length === 0 || this.#isEnding) return
    while (this.#queue.length > 0 && this.#sent.length < MAX_SENT) {
      const input = this.#queue.shift()
      if (input === undefined) return
      const { clock } = input
      const budgetMs = this.#time.budget(this.#record.turns.length + this.#sent.length)
      if (input.kind === 'outcome') this.#send(input, { type: 'outcome', ...input.outcome, clock, budgetMs })
      else this.#send(input, { type: 'cancel', reason: input.reason, clock, budgetMs })
    }
  }

  #send(input: TurnInput | undefined, frame: ToChild): void {
    this.#sent.push(input)
    if (this.#sent.length === 1) this.#deliver(input)
    this.#context.box.send(frame)
  }

  /** The guest starts to run on this input. */
  #deliver(input: TurnInput | undefined): void {
    if (input !== undefined && !this.#recorded.has(input)) this.#host.delivered?.(input)
  }

  #frame(frame: BoxFrame): undefined {
    const { step } = this.#request
    if (this.#isDecoding) return this.#broken('a frame after the end of the step')
    switch (frame.type) {
      case 'print':
        if (!this.#prints.add(frame.lines)) return this.#broken('more output than the limit')
        if (!this.#recorded.replaying) for (const line of frame.lines) this.#host.printed?.(line)
        return
      case 'refused':
        this.#refusedImports += 1
        if (this.#refusedImports > MAX_REFUSED_IMPORTS)
          return this.#broken('more refused imports than the limit')
        return this.#calls.refused(step, frame.name, frame.message)
      case 'calls':
        if (!this.#turnCalls.add(this.#record.turns.length, frame.calls))
          this.#broken('a call that is not valid')
        return
      case 'need':
        return this.#need(frame.names)
      case 'turn':
        return this.#withAnswer(frame.end, () => this.#turn(frame))
      case 'ended':
        if (!this.#isEnding) return this.#broken('the end of a step that was not to end')
        return this.#withAnswer(frame.end, () => this.#ended(frame.end))
      default:
        return this.#broken(`a ${frame.type} frame during a step`)
    }
  }

  /** Goes on once the final answer, if there is one, has been decoded. Nothing is committed before. */
  #withAnswer(end: StepEnd | undefined, goOn: () => undefined): undefined {
    const { previewChars, answerChars } = this.#context.limits
    if ((end?.preview.length ?? 0) > previewChars + COUNT_CHARS) {
      return this.#broken('a longer preview than the limit')
    }
    const text = end?.final
    if (text === undefined) return goOn()
    if (text.length > answerChars) return this.#broken('a longer answer than the limit')
    this.#isDecoding = true
    decodeSliced(text).then(
      (value) =>
        this.#on(() => {
          this.#isDecoding = false
          this.#final = { value, text }
          goOn()
        }),
      () => this.#on(() => this.#broken('an answer that cannot be decoded')),
    )
  }

  /** The child broke the protocol. Its turn never happened. */
  #broken(what: string): undefined {
    this.#context.box.kill({ reason: 'crashed', message: `the sandbox's child sent ${what}` })
  }

  #ended(end: StepEnd): undefined {
    this.#end = end
    this.#finish()
  }

  /** Provides the packages that the step's code waits for. The time to bundle them does not count as the step's. */
  #need(names: string[]): undefined {
    if (this.#modules !== 'unasked' || this.#record.turns.length > 0) {
      return this.#broken('a request for packages at the wrong time')
    }
    this.#modules = 'asked'
    this.#context.bundles(names).then(
      (modules) =>
        this.#on(() => {
          this.#modules = 'sent'
          this.#context.box.send({ type: 'modules', modules, budgetMs: this.#time.budget(0) })
        }),
      (error: unknown) =>
        this.#on(() => {
          throw error
        }),
    )
  }

  #turn({ cpuMs, wallMs, calls: made, end }: Extract<BoxFrame, { type: 'turn' }>): undefined {
    const number = this.#record.turns.length
    if (this.#phase() !== 'running') return this.#broken('a turn although no input was running')
    if (!this.#turnCalls.add(number, made)) return this.#broken('a call that is not valid')
    const { replaying: replayed } = this.#recorded
    const [input] = this.#sent
    const { calls, hashes } = this.#turnCalls.take()
    if (end === undefined && !replayed && !this.#canGoOn(input, calls.length)) {
      return this.#broken('a turn that did not end the step although nothing can continue it')
    }
    const turn: TurnOutput = {
      step: this.#request.step,
      turn: number,
      calls: hashes,
      done: end !== undefined,
      cpuMs,
    }
    if (replayed) this.#recorded.again(turn, calls)
    this.#time.spend(cpuMs, wallMs)
    this.#sent.shift()
    if (input !== undefined) {
      this.#record.inputs.push(input)
      if (input.kind === 'outcome') this.#calls.delivered(input.outcome, this.#recorded.has(input))
    }
    this.#record.turns.push(turn)
    this.#host.committed?.(turn, replayed)
    this.#calls.add(calls, input?.clock ?? this.#request.clock, replayed)
    if (end !== undefined) return this.#ended(end)
    if (this.#sent.length > 0) this.#deliver(this.#sent[0])
    if (replayed && !this.#recorded.replaying) {
      if (this.#request.recorded?.ended) return this.#replayEnded()
      this.#calls.goLive(this.#answered())
    }
    if (this.#time.overCpu) {
      this.#stop('timeout', `the step used more than ${this.#context.limits.cpuMs} ms of CPU time`)
    }
  }

  /** Whether anything can still reach the code after this turn. If nothing can, an honest child ends the step itself. */
  #canGoOn(input: TurnInput | undefined, made: number): boolean {
    const delivered = input?.kind === 'outcome' && this.#calls.has(input.outcome.id) ? 1 : 0
    const open = this.#calls.open - delivered + made
    return this.#isEnding || open > 0 || this.#sent.length > 1 || this.#queue.length > 0
  }

  /** Calls whose outcome is waiting or on its way. */
  #answered(): Set<string> {
    const inputs = [...this.#sent, ...this.#queue]
    return new Set(inputs.flatMap((input) => (input?.kind === 'outcome' ? [input.outcome.id] : [])))
  }

  /** Ends the step before its code does. Everything that it did remains. */
  #stop(status: 'timeout' | 'canceled', message: string): void {
    if (this.#stopped !== undefined) return
    this.#stopped = { status, message }
    this.#dropCalls(message)
    this.#askForEnd()
  }

  #askForEnd(): void {
    this.#isEnding = true
    this.#context.box.send({ type: 'end' })
  }

  /** Lets code that waits for calls clean up, and kills the child soon after. */
  #cancel(reason: unknown): void {
    const message = String((reason as Error | undefined)?.message ?? reason ?? 'canceled')
    this.#canceled = message
    this.#dropCalls(message)
    const { box } = this.#context
    this.#killTimer = setTimeout(() => box.kill({ reason: 'canceled', message }), GRACE_MS)
  }

  #dropCalls(reason: string): void {
    this.#calls.abort(reason)
    this.#queue = []
  }

  /** The record ended before the step's code: the step was stopped from outside, or a turn was voided. */
  #replayEnded(): undefined {
    const voided = this.#request.recorded?.voided
    if (voided !== undefined) {
      this.#record.voided = voided
      this.#voided = { message: 'as recorded', ...voided }
    } else {
      const canceled = this.#record.inputs.at(-1)?.kind === 'cancel'
      this.#stopped = { status: canceled ? 'canceled' : 'timeout', message: 'as recorded' }
    }
    if (this.#record.turns.length === 0) return this.#finish()
    this.#askForEnd()
  }

  #boxEnded(end: BoxEnd): undefined {
    const { step } = this.#request
    if (this.#recorded.replaying) {
      const message = `The world cannot be rebuilt: ${end.reason} in step ${step} (${end.message}).`
      throw end.reason === 'crashed' ? new BoxDied(message) : new SandboxError(message)
    }
    const turn = this.#record.turns.length
    const [lost] = this.#sent
    const { reason, message } = end
    const voided = { step, turn, reason, message, ...(lost !== undefined && { lost }) }
    this.#record.voided = voided
    this.#voided = voided
    this.#host.voided?.(voided)
    this.#finish()
  }
}

/**
 * What the child does now: it runs the guest on an input, waits for bundles, waits while calls are open, or ends the
 * step because it was asked to.
 */
type Phase = 'running' | 'loading' | 'waiting' | 'ending'
