import { type GuestError, SandboxError } from '@bailiwick/contract/world'
import {
  type BundleAnswer,
  MAX_IMPORTS,
  MAX_REFUSED_IMPORTS,
  MAX_REJECTION_CHARS,
  MAX_REJECTIONS,
  MAX_TEXT_CHARS,
  type OpenWorld,
  type StepEnd,
} from '../frames/frame.ts'
import { ENTRIES } from '../prelude/entries.ts'
import { type RewrittenStep, rewriteStep } from '../rewrite/rewrite-step.ts'
import { StepSyntaxError } from '../rewrite/step-syntax-error.ts'
import { readNames, withNames } from './checkpoint-text.ts'
import { explainError } from './explain-error.ts'
import { type Engine, GuestStopped, GuestThrew, type Handle } from './isolate-engine.ts'
import { readEnd } from './read-end.ts'

/** What a world reports while its code runs. */
export interface WorldDoor {
  print(line: string): void
  call(id: string, name: string, args: string): void
  refused(name: string, message: string): void
}

/** The outcome of a call, with its value as encoded text. */
export type WorldOutcome =
  | { id: string; ok: true; value: string }
  | { id: string; ok: false; reason: string; message: string }

/** Time limit for asking how many entries have returned, ms. */
const COMPLETED_MS = 1_000

/** One task's world in an engine: the prelude's entries, the variables so far and the current step. */
export class GuestWorld {
  readonly #engine: Engine
  readonly #entries: Record<(typeof ENTRIES)[number], Handle>
  /** The inputs, and names that steps declared with `let` or `var`. */
  readonly #variables = new Set<string>()
  /** Names that steps declared as constants, functions or classes, or imported. */
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
  /** Packages that were loaded (undefined), or the reason why they were not. */
  readonly #modules = new Map<string, string | undefined>()
  /** Names of functions, which an error message may suggest. */
  #names: string[] = []
  #step: { number: number; code: string; rewritten: RewrittenStep } | undefined
  #sourceChars = 1_000
  /** Calls that have left and have no outcome yet. */
  #outstanding = 0
  /** The step's code has settled or given its final answer. */
  #over = false
  /** The error that an entry threw. It is the prelude's own, never the guest's. */
  #fault: string | undefined
  /** Entries that were called. */
  #entered = 0
  /** Unhandled rejections of this step. */
  #rejections = 0
  /** Imports of this step that were refused while its code ran. */
  #refused = 0
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

  /** Restores the world that `checkpoint` wrote as text. Returns its hash. */
  restore(world: OpenWorld, text: string, budgetMs: number): string {
    const { names, constants } = readNames(text)
    this.#openEmpty(world, budgetMs)
    const { set } = this.#declareInputs(names, budgetMs)
    for (const name of constants) this.#constants.add(name)
    return this.#enter('restore', [text, set], budgetMs)
  }

  /** Writes the world as text, between two steps. @throws CheckpointRefused if a text cannot restore it */
  checkpoint(maxChars: number, budgetMs: number): string {
    return withNames(this.#enter('checkpoint', [maxChars], budgetMs), this.#constants)
  }

  #openEmpty(world: OpenWorld, budgetMs: number): void {
    this.#sourceChars = world.limits.sourceChars
    const { functions, files: named = {} } = world
    this.#names = [...functions.map(({ name }) => name), ...Object.keys(named), 'finalAnswer', 'sleep']
    for (const { name } of world.functions) this.#reserved.add(name)
    const cards = JSON.stringify(world.functions)
    const files = JSON.stringify(named)
    this.#enter('open', [JSON.stringify(world.limits), cards, world.clock, files], budgetMs)
  }

  /** Declares variables that belong to no step. Returns the functions that set them, by name. */
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

  /** Rewrites a step. Returns the packages that it needs, or the step's end if its code does not parse. */
  prepare(
    { step: number, code, clock, seed }: { step: number; code: string; clock: number; seed: string },
    budgetMs: number,
  ): { needs: string[] } | { end: StepEnd } {
    this.#outstanding = 0
    this.#over = false
    this.#rejections = 0
    this.#refused = 0
    this.#enter('beginStep', [number, clock, seed], budgetMs)
    try {
      if (code.length > this.#sourceChars) {
        throw new StepSyntaxError(
          `the code has ${code.length} characters, more than the limit of ${this.#sourceChars}`,
          '',
          0,
        )
      }
      const rewritten = rewriteStep(code, this.#variables, this.#reserved)
      if (rewritten.imports.length > MAX_IMPORTS) {
        throw new StepSyntaxError(
          `the code imports ${rewritten.imports.length} packages, more than the limit of ${MAX_IMPORTS}`,
          '',
          0,
        )
      }
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

  /** Runs the prepared step until it is idle. Returns the step's end, or undefined if the code waits for calls. */
  run(budgetMs: number): StepEnd | undefined {
    const step = this.#step
    if (step === undefined) throw new SandboxError('Expected a prepared step, found none.')
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
      // V8 refuses some code that parses, for example `let` with the name of a builtin that cannot be shadowed.
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

  /** Ends the step from outside and drops its pending calls. */
  end(budgetMs: number): StepEnd {
    return this.#parse(this.#enter('endStep', [''], budgetMs))
  }

  /** Runs an empty step, so that everything is compiled before the first real one. */
  warmUp(): void {
    const prepared = this.prepare({ step: 0, code: 'await 0', clock: 0, seed: '' }, 10_000)
    if (!('end' in prepared)) this.run(10_000)
  }

  dispose(): void {
    this.#engine.dispose()
  }

  #enter(entry: (typeof ENTRIES)[number], args: Parameters<Engine['call']>[1], budgetMs: number): string {
    this.#entered += 1
    let text = ''
    try {
      text = this.#engine.call(this.#entries[entry], args, budgetMs)
    } catch (error) {
      if (!(error instanceof GuestThrew)) throw error
      this.#rejected(error.message)
    }
    if (this.#fault !== undefined) throw new GuestStopped('crashed', this.#fault)
    return text
  }

  /** Prints an unhandled rejection. If the entry itself threw, the world cannot continue. */
  #rejected(what: string): void {
    const completed = Number(this.#engine.call(this.#entries.completed, [], COMPLETED_MS))
    if (completed !== this.#entered) throw new GuestStopped('crashed', this.#fault ?? what)
    this.#rejections += 1
    if (this.#rejections > MAX_REJECTIONS) return
    this.#door.print(`(unhandled rejection: ${what.slice(0, MAX_REJECTION_CHARS)})`)
  }

  #collect(budgetMs: number): StepEnd | undefined {
    // Most turns end with calls outstanding. Entering the guest again would add a third to their cost.
    if (!this.#over && this.#outstanding > 0) return undefined
    const text = this.#enter('collect', [], budgetMs)
    return text === '' ? undefined : this.#parse(text)
  }

  #failed(error: GuestError, budgetMs: number): StepEnd {
    return { ...this.end(budgetMs), error: { ...error, message: error.message.slice(0, MAX_TEXT_CHARS) } }
  }

  #parse(text: string): StepEnd {
    const { error, keys, ...end } = readEnd(text)
    // This error depends on the heap's state. A replay would diverge from here, so stop the guest.
    if (error?.name === 'RangeError' && /allocation failed/.test(error.message) && this.#engine.isFilling()) {
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
      `"${name}" was not loaded: write the name of a granted package as a literal text in import(), so that it is loaded before the step runs`
    this.#refused += 1
    if (this.#refused <= MAX_REFUSED_IMPORTS) this.#door.refused(name, refused)
    return JSON.stringify({ refused })
  }
}

function syntaxError(error: StepSyntaxError): GuestError {
  const { name, message, line, column, excerpt } = error
  return excerpt.startsWith('\n') ? { name, message } : { name, message, line, column, excerpt }
}

/** A script that declares variables and evaluates to functions that read and set them, by name. */
function inputsScript(names: readonly string[]): string {
  const declared = names.length > 0 ? `let ${names.join()};` : ''
  const reads = names.map((name) => `${name}:()=>${name}`)
  const sets = names.map((name) => `${name}:($${name})=>{${name}=$${name}}`)
  return `"use strict";${declared}({read:{__proto__:null,${reads.join()}},set:{__proto__:null,${sets.join()}}})`
}
