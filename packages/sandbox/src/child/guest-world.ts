import type { GuestError } from '@bailiwick/contract/world'
import { ENTRIES } from '../prelude/entries.ts'
import { type RewrittenStep, rewriteStep } from '../rewrite/rewrite-step.ts'
import { StepSyntaxError } from '../rewrite/step-syntax-error.ts'
import { readNames, withNames } from './checkpoint-text.ts'
import type { Engine, Handle } from './engine.ts'
import { explainError } from './explain-error.ts'
import { GuestStopped } from './guest-stopped.ts'
import { inputsScript } from './inputs-script.ts'
import type { BundleAnswer, OpenWorld, WorldDoor, WorldOutcome } from './open-world.ts'
import { readEnd, type StepEnd } from './read-end.ts'

/** Of what a promise was rejected with, characters. */
const MAX_SHOWN = 300

/** One task's world inside an engine: the prelude's entries, the variables so far, the step under way. */
export class GuestWorld {
  readonly #engine: Engine
  readonly #entries: Record<(typeof ENTRIES)[number], Handle>
  /** `let` and `var`, and the inputs; everything else that steps have named. */
  readonly #variables = new Set<string>()
  readonly #constants = new Set<string>()
  readonly #reserved = new Set([
    'finalAnswer',
    'sleep',
    'console',
    'globalThis',
    'undefined',
    'NaN',
    'Infinity',
  ])
  readonly #modules = new Map<string, string | undefined>()
  #names: string[] = []
  #step: { number: number; code: string; rewritten: RewrittenStep } | undefined
  #sourceChars = 1_000
  /** Calls that left and whose outcome the guest waits for. */
  #outstanding = 0
  /** The step's code has settled, or has given an answer. */
  #over = false
  /** An entry threw: the prelude's own error, never the guest's. */
  #fault: string | undefined
  readonly #door: WorldDoor

  constructor(engine: Engine, prelude: string, door: WorldDoor) {
    this.#engine = engine
    this.#door = door
    const install = engine.evaluate(prelude, 'bailiwick:prelude', 10_000)
    const installed = engine.install(install, {
      print: door.print,
      call: (text) => {
        this.#outstanding += 1
        const name = text.indexOf('\t') + 1
        const args = text.indexOf('\t', name) + 1
        door.call(text.slice(0, name - 1), text.slice(name, args - 1), text.slice(args))
      },
      note: (what) => {
        if (what === 'over') this.#over = true
        else if (what === 'dropped') this.#outstanding -= 1
        else this.#fault = what
      },
      rejected: (what) => door.print(`(rejected, and nothing awaits it: ${what.slice(0, MAX_SHOWN)})`),
      load: (name) => this.#loadLate(name),
    })
    this.#entries = engine.fields(installed, ENTRIES)
  }

  open(world: OpenWorld, budgetMs: number): void {
    this.#openEmpty(world, budgetMs)
    for (const [name, text] of Object.entries(world.inputs)) {
      const { set } = this.#declareInputs([name], budgetMs)
      this.#enter('input', [text, this.#engine.fields(set, [name])[name] as Handle], budgetMs)
    }
  }

  /** Opens the world as it was when `checkpoint` wrote the text. Gives its hash. */
  restore(world: OpenWorld, text: string, budgetMs: number): string {
    const { names, constants } = readNames(text)
    this.#openEmpty(world, budgetMs)
    const { set } = this.#declareInputs(names, budgetMs)
    for (const name of constants) this.#constants.add(name)
    return this.#enter('restore', [text, set], budgetMs)
  }

  /** The world as text, between two steps. @throws CheckpointRefused where it cannot be made again from one */
  checkpoint(maxChars: number, budgetMs: number): string {
    return withNames(this.#enter('checkpoint', [maxChars], budgetMs), this.#constants)
  }

  #openEmpty(world: OpenWorld, budgetMs: number): void {
    this.#sourceChars = world.limits.sourceChars
    this.#names = [...world.functions.map(({ name }) => name), 'finalAnswer', 'sleep']
    for (const { name } of world.functions) this.#reserved.add(name)
    const cards = JSON.stringify(world.functions)
    this.#enter('open', [JSON.stringify(world.limits), cards, world.clock], budgetMs)
  }

  /** Variables that no step declares. Gives what sets them, by name. */
  #declareInputs(names: readonly string[], budgetMs: number): { set: Handle } {
    const script = inputsScript(names)
    const made = this.#engine.fields(this.#engine.evaluate(script, 'bailiwick:inputs', budgetMs), [
      'read',
      'set',
    ])
    this.#enter('declare', [made.read], budgetMs)
    for (const name of names) this.#variables.add(name)
    return made
  }

  /** Rewrites a step. Gives the packages it needs, or the end of a step whose code does not parse. */
  prepare(
    { step: number, code, clock, seed }: { step: number; code: string; clock: number; seed: string },
    budgetMs: number,
  ): { needs: string[] } | { end: StepEnd } {
    this.#outstanding = 0
    this.#over = false
    this.#enter('beginStep', [number, clock, seed], budgetMs)
    try {
      if (code.length > this.#sourceChars) {
        throw new StepSyntaxError(
          `the code has ${code.length} characters; at most ${this.#sourceChars} are allowed`,
          '',
          0,
        )
      }
      const rewritten = rewriteStep(code, this.#variables, this.#reserved)
      this.#step = { number, code, rewritten }
      return {
        needs: rewritten.imports.filter(
          (name) => !this.#modules.has(name) || this.#modules.get(name) !== undefined,
        ),
      }
    } catch (error) {
      if (!(error instanceof StepSyntaxError)) throw error
      return { end: this.#failed(syntaxError(error), budgetMs) }
    }
  }

  addModules(answers: BundleAnswer[], budgetMs: number): void {
    for (const answer of answers) {
      if ('refused' in answer) this.#modules.set(answer.name, answer.refused)
      else {
        const file = `bailiwick:module/${answer.name}`
        const wrapped = `((register,Function)=>{var self=globalThis,global=globalThis;${answer.source}\n})`
        this.#enter('bundle', [answer.name, this.#engine.evaluate(wrapped, file, budgetMs)], budgetMs)
        this.#modules.set(answer.name, undefined)
      }
    }
  }

  /** Runs the prepared step until idle. */
  run(budgetMs: number): StepEnd | undefined {
    const step = this.#step
    if (step === undefined) throw new Error('no step was prepared')
    const { declarations, body, variables, constants } = step.rewritten
    try {
      if (declarations !== undefined) {
        const made = this.#engine.evaluate(declarations, 'bailiwick:names', budgetMs)
        this.#enter('declare', [made], budgetMs)
      }
      if (constants.length > 0) this.#enter('constants', [constants.join()], budgetMs)
      for (const name of variables) this.#variables.add(name)
      for (const name of constants) this.#constants.add(name)
      const script = this.#engine.evaluate(body.text, `step-${step.number}.js`, budgetMs)
      this.#enter('runStep', [script], budgetMs)
    } catch (error) {
      // V8 refuses some code that parses: `let` of a builtin that cannot be shadowed, for one.
      if (!(error instanceof SyntaxError)) throw error
      return this.#failed({ name: 'SyntaxError', message: error.message.replace(/ \[.*\]$/s, '') }, budgetMs)
    }
    return this.#collect(budgetMs)
  }

  deliver(outcome: WorldOutcome, clock: number, budgetMs: number): StepEnd | undefined {
    this.#outstanding -= 1
    const text = outcome.ok ? outcome.value : outcome.message
    const call = Number(outcome.id.slice(outcome.id.indexOf('.') + 1))
    this.#enter('deliver', [call, outcome.ok, text, outcome.ok ? '' : outcome.reason, clock], budgetMs)
    return this.#collect(budgetMs)
  }

  cancel(reason: string, clock: number, budgetMs: number): StepEnd | undefined {
    this.#outstanding = 0
    this.#enter('cancel', [reason, clock], budgetMs)
    return this.#collect(budgetMs)
  }

  /** Ends the step from outside: what is pending is dropped. */
  end(budgetMs: number): StepEnd {
    return this.#parse(this.#enter('endStep', [''], budgetMs))
  }

  /** Runs a step of nothing, so that the first real one finds everything compiled. */
  warmUp(): void {
    const prepared = this.prepare({ step: 0, code: 'await 0', clock: 0, seed: '' }, 10_000)
    if (!('end' in prepared)) this.run(10_000)
  }

  dispose(): void {
    this.#engine.dispose()
  }

  #enter(entry: (typeof ENTRIES)[number], args: Parameters<Engine['call']>[1], budgetMs: number): string {
    const text = this.#engine.call(this.#entries[entry], args, budgetMs)
    if (this.#fault !== undefined) throw new GuestStopped('crashed', this.#fault)
    return text
  }

  #collect(budgetMs: number): StepEnd | undefined {
    // Most turns end with calls under way: another entry into the guest would be a third of their cost.
    if (!this.#over && this.#outstanding > 0) return undefined
    const text = this.#enter('collect', [], budgetMs)
    return text === '' ? undefined : this.#parse(text)
  }

  #failed(error: GuestError, budgetMs: number): StepEnd {
    return { ...this.end(budgetMs), error }
  }

  #parse(text: string): StepEnd {
    const { error, keys, ...end } = readEnd(text)
    // When it comes depends on the heap's state: a replay would go another way from there.
    if (error?.name === 'RangeError' && /allocation failed/.test(error.message)) {
      throw new GuestStopped('out-of-memory', error.message)
    }
    if (error === undefined || this.#step === undefined) return end
    return {
      ...end,
      error: explainError(error, {
        ...this.#step,
        names: [...this.#names, ...this.#variables, ...this.#constants],
        keys,
      }),
    }
  }

  #loadLate(name: string): string {
    const refused =
      this.#modules.get(name) ??
      `"${name}" was not loaded: import() takes the name of a granted package as a literal text, so that it is loaded before the step runs`
    this.#door.refused(name, refused)
    return JSON.stringify({ refused })
  }
}

function syntaxError(error: StepSyntaxError): GuestError {
  const { name, message, line, column, excerpt } = error
  return excerpt.startsWith('\n') ? { name, message } : { name, message, line, column, excerpt }
}
