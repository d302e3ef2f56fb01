import { createHash } from 'node:crypto'
import { createContext, Script } from 'node:vm'
import {
  type CallReport,
  DivergedError,
  decodeValue,
  encodeValue,
  type GuestError,
  type Observation,
  type Sandbox,
  type Session,
  type StepHost,
  type StepRequest,
  type TurnInput,
  type TurnOutput,
  type World,
} from '@bailiwick/contract'

/** This sandbox does not limit how long a step waits for calls. */
const NO_WAIT = { pause: () => {}, resume: () => {} }

/**
 * A sandbox for tests of the loop. Runs guest code in this process, with turns, calls and replay like a real one, but
 * without isolation, limits or a clock of its own. `executed` lists every step that ran, including replays.
 *
 * @example
 * const sandbox = inlineSandbox()
 */
export function inlineSandbox(): Sandbox & { readonly executed: { step: number; replay: boolean }[] } {
  const executed: { step: number; replay: boolean }[] = []
  return {
    isolation: 'inline',
    executed,
    open: async (world) => new InlineSession(world, executed),
    async [Symbol.asyncDispose]() {},
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

class InlineSession implements Session {
  readonly #executed: { step: number; replay: boolean }[]
  readonly #context: object
  #step: InlineStep | undefined

  constructor(world: World, executed: { step: number; replay: boolean }[]) {
    this.#executed = executed
    const globals: Record<string, unknown> = { ...(decodeValue(encodeValue(world.inputs)) as object) }
    for (const [name, advice] of Object.entries(world.files ?? {})) globals[name] = unusable(advice)
    for (const { name, input, access } of world.functions) {
      const call = (args: unknown) => this.#step?.called(name, args)
      globals[name] = access === 'index' ? byIndex(call, Object.keys(input.properties ?? {})[0] ?? '') : call
    }
    globals.finalAnswer = (value: unknown) => this.#step?.answered(value)
    globals.console = { log: (...values: unknown[]) => this.#step?.printed(values) }
    this.#context = createContext(globals)
  }

  async execute(request: StepRequest, host: StepHost): Promise<Observation> {
    this.#executed.push({ step: request.step, replay: request.recorded?.ended ?? false })
    const step = new InlineStep(request, host)
    this.#step = step
    return step.run(() =>
      new Script(inlineCode(request.code), { filename: 'code' }).runInContext(this.#context),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Throws when something of it is used. In a real sandbox, the name alone throws; a context of `node:vm` cannot do that. */
function unusable(advice: string): object {
  const refuse = () => {
    throw new TypeError(advice)
  }
  return new Proxy(() => {}, { get: refuse, apply: refuse, ownKeys: refuse, has: refuse })
}

function byIndex(call: (args: unknown) => unknown, argument: string): object {
  return new Proxy(Object.freeze({}), {
    get: (_, key) => (/^\d+$/.test(String(key)) ? call({ [argument]: Number(key) }) : undefined),
  })
}

class InlineStep {
  readonly #request: StepRequest
  readonly #host: StepHost
  readonly #waiting = new Map<string, Waiting>()
  readonly #arrived: TurnInput[] = []
  readonly #calls: (CallReport & { argsText: string })[] = []
  readonly #lines: string[] = []
  #turn = 0
  #left = 0
  #wake: (() => void) | undefined
  #final: { value: unknown } | undefined
  #end: { value?: unknown; error?: GuestError } | undefined

  constructor(request: StepRequest, host: StepHost) {
    this.#request = request
    this.#host = host
  }

  called(name: string, args: unknown): Promise<unknown> {
    const id = `${this.#request.step}.${this.#calls.length + 1}`
    const argsText = encodeValue(args)
    this.#calls.push({ id, name, args: decodeValue(argsText), argsText, ok: false, ms: 0, awaited: false })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  answered(value: unknown): Promise<never> {
    this.#final ??= { value: decodeValue(encodeValue(value)) }
    this.#end ??= {}
    return new Promise(() => {}) // The code that answered does not continue.
  }

  printed(values: unknown[]): void {
    const line = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ')
    this.#lines.push(line)
    this.#host.printed?.(line)
  }

  async run(start: () => Promise<unknown>): Promise<Observation> {
    const { recorded } = this.#request
    const fail = (error: Error) => {
      this.#end ??= { error: { name: error.name, message: error.message } }
    }
    try {
      start().then((value) => {
        this.#end ??= { value }
      }, fail)
    } catch (error) {
      fail(error as Error)
    }
    await this.#commit()
    for (const input of recorded?.inputs ?? []) await this.#deliver(input)
    if (recorded?.ended !== true) await this.#goLive()
    return this.#observation()
  }

  async #goLive(): Promise<void> {
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, this.#host.signal])
    const abort = () => this.#wake?.()
    this.#host.signal.addEventListener('abort', abort, { once: true })
    for (this.#send(signal); this.#end === undefined && this.#waiting.size > 0; this.#send(signal)) {
      if (this.#arrived.length === 0 && !this.#host.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      if (this.#host.signal.aborted) break
      const input = this.#arrived.shift()
      if (input === undefined) continue
      this.#host.delivered?.(input)
      await this.#deliver(input)
    }
    this.#host.signal.removeEventListener('abort', abort)
    stop.abort()
  }

  /** Sends the calls that no recorded input has answered. */
  #send(signal: AbortSignal): void {
    for (const call of this.#calls.slice(this.#left)) {
      this.#left += 1
      if (!this.#waiting.has(call.id)) continue
      const { id, name, args, argsText } = call
      void this.#host
        .call({ id, step: this.#request.step, turn: this.#turn, name, args, argsText }, signal, NO_WAIT)
        .then((outcome) => {
          const { ms, ...rest } = outcome
          Object.assign(call, rest, { ms })
          const delivered = outcome.ok
            ? { id, ok: true as const, value: encodeValue(outcome.value) }
            : { ...outcome, id }
          this.#arrived.push({ kind: 'outcome', outcome: delivered, clock: this.#host.now() })
          this.#wake?.()
        })
    }
  }

  async #deliver(input: TurnInput): Promise<void> {
    if (input.kind === 'outcome') {
      const { outcome } = input
      const waiting = this.#waiting.get(outcome.id)
      if (waiting === undefined) throw this.#diverged(`an outcome of call ${outcome.id}`, 'no such call')
      this.#waiting.delete(outcome.id)
      for (const call of this.#calls)
        if (call.id === outcome.id) Object.assign(call, { ok: outcome.ok, awaited: true })
      if (outcome.ok) waiting.resolve(decodeValue(outcome.value))
      else waiting.reject(new Error(outcome.message))
    }
    this.#turn += 1
    await this.#commit()
  }

  /** The guest has only microtasks, so it is idle after one turn of the event loop. */
  async #commit(): Promise<void> {
    const before = this.#calls.length
    await new Promise((resolve) => setImmediate(resolve))
    const from = this.#turn === 0 ? 0 : before
    const calls = this.#calls.slice(from).map(({ id, name, argsText }) => ({
      id,
      name,
      argsHash: createHash('sha256').update(argsText).digest('hex'),
    }))
    const turn: TurnOutput = {
      step: this.#request.step,
      turn: this.#turn,
      calls,
      done: this.#end !== undefined,
      cpuMs: 0,
    }
    const known = this.#request.recorded?.turns[this.#turn]
    if (known && JSON.stringify(known.calls) !== JSON.stringify(calls)) {
      throw this.#diverged(JSON.stringify(known.calls), JSON.stringify(calls))
    }
    this.#host.committed?.(turn, known !== undefined)
  }

  #diverged(recorded: string, replayed: string): DivergedError {
    return new DivergedError(
      `The replay of step ${this.#request.step}, turn ${this.#turn} differs from the record.\nrecorded: ${recorded}\nreplayed: ${replayed}`,
      { recorded, replayed },
    )
  }

  #observation(): Observation {
    const { value, error } = this.#end ?? {}
    const canceled = this.#host.signal.aborted && this.#end === undefined
    return {
      status: canceled ? 'canceled' : error ? 'error' : 'ok',
      preview: value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value),
      printed: this.#lines.join('\n'),
      ...(error && { error }),
      ...(this.#final && { final: this.#final }),
      calls: this.#calls.map(({ argsText, ...call }) => call),
      usage: { wallMs: 0, cpuMs: 0, turns: this.#turn + 1 },
    }
  }
}

/**
 * Turns a step's code into the body of an async function. Names that are declared at the start of a line outlast the
 * step, and a last line that is an expression becomes the step's value. It matches lines with regular expressions, which
 * is enough for tests; the real sandbox parses the code.
 */
function inlineCode(code: string): string {
  const functions = [...code.matchAll(/^(?:async )?function\*? (\w+)/gm)].map(([, name]) => name)
  const lines = code.split('\n').map((line) =>
    line
      .replace(/^(?:const|let|var)\s+(\w+)\s*=/, 'globalThis.$1 =')
      .replace(/^class (\w+)/, 'globalThis.$1 = class $1')
      .replace(/^(?:const|let|var)\s+\{([^=]*)\}\s*=(.*?);?$/, (_, names: string, value: string) => {
        const targets = names.split(',').map((name) => name.trim().replace(/^(\w+)$/, '$1: globalThis.$1'))
        return `;({ ${targets.join(', ')} } = ${value})`
      }),
  )
  const last = lines.findLastIndex((line) => line.trim() !== '')
  const line = lines[last] ?? ''
  if (
    /^[\w$([{'"`!+-]/.test(line) &&
    !/^(?:if|for|while|do|try|return|throw|function|async function|switch)\b/.test(line)
  ) {
    lines[last] = `return (${line.replace(/^\{/, ' {').replace(/;\s*$/, '')})`
  }
  return `(async () => { ${functions.map((name) => `globalThis.${name} = ${name};`).join(' ')}\n${lines.join('\n')}\n})()`
}
