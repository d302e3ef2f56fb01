/**
 * The prelude. It runs inside the isolate before any guest code and defines the guest's world. It is bundled into one
 * script that evaluates to {@link install}. Only the child holds that function; guest code never sees it.
 */

import { cancelCalls, closeCalls, pendingCount, resetCalls, settle } from './calls.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { installClock, setClock, startClock } from './clock.ts'
import { installConsole, outputMissing, resetConsole } from './console.ts'
import { decode } from './decode.ts'
import { encodeWithin } from './encode.ts'
import type { ENTRIES } from './entries.ts'
import { errorFields } from './error-text.ts'
import { installFiles } from './files.ts'
import {
  caught,
  finalAnswer,
  hasAnswer,
  installThen,
  isEndOfPath,
  resetAnswer,
  theAnswer,
} from './final-answer.ts'
import { installFunctionSource } from './function-source.ts'
import { installFunctions } from './functions.ts'
import { knownKeys } from './known-keys.ts'
import { lock, lockDown, RealFunction } from './lockdown.ts'
import { importLater, importModule, registerBroken, registerModule } from './modules.ts'
import { preview } from './preview.ts'
import {
  applyFunction,
  bare,
  define,
  freeze,
  ownKeys,
  PromiseClass,
  parseJson,
  promiseThen,
  quote,
  regexpExec,
  toText,
} from './primordials.ts'
import { installProxies } from './proxies.ts'
import { random, reseed } from './random.ts'
import { type HostDoor, type Limits, state } from './state.ts'
import { installTextCoding } from './text-coding.ts'
import { clearTimer, resetTimers, setRepeating, setTimer, sleep } from './timers.ts'
import { constants, declare, hash, markBuiltins } from './variables.ts'

let settled = false
let failed = false
let result: unknown

function open(limits: string, cards: string, clock: number, files: string): void {
  state.limits = bare(parseJson(limits) as Limits)
  startClock(clock)
  installFunctions(cards)
  markBuiltins()
  installFiles(files)
}

function beginStep(step: number, clock: number, seed: string): void {
  state.step = step
  setClock(clock)
  // Reset `RegExp.$1` and similar properties, which must not outlast a step.
  regexpExec(/(?:)/, '')
  reseed(`${seed}/${step}`)
  resetCalls()
  resetConsole()
  resetAnswer()
  resetTimers()
  settled = false
  failed = false
  result = undefined
}

/** Runs a step's code. Its promise may settle later or never. */
function runStep(body: () => Promise<{ value: unknown } | undefined>): void {
  promiseThen(
    body(),
    (value) => {
      settled = true
      result = value?.value
      state.door.note('over')
    },
    (thrown) => {
      settled = true
      failed = true
      result = thrown
      state.door.note('over')
    },
  )
}

function deliver(call: number, ok: boolean, value: string, reason: string, clock: number): void {
  setClock(clock)
  settle(call, ok, value, reason)
}

function cancel(reason: string, clock: number): void {
  setClock(clock)
  cancelCalls(reason)
}

/** Called when no microtask is left. Returns '' if the step waits for calls, else the step's end as JSON. */
function collect(): string {
  if (settled || hasAnswer()) return endStep('')
  if (pendingCount() === 0) {
    return endStep('the code waits for a promise that can never settle: no call is pending')
  }
  return ''
}

/** Ends the step and drops its pending calls, so that no guest code runs between steps. */
function endStep(stuck: string): string {
  closeCalls()
  resetTimers()
  const missing = outputMissing()
  let text = `{"missingChars":${missing.chars},"missingLines":${missing.lines}`
  if (hasAnswer()) text += `,"final":${quote(theAnswer())}`
  else if (settled && failed && !isEndOfPath(result)) text += errorText(result)
  else if (settled && !failed) text += previewText(result)
  else if (stuck !== '') text += `,"error":{"name":"DeadlockError","message":${quote(stuck)},"stack":""}`
  result = undefined
  resetAnswer()
  return `${text},"hash":${quote(hash())}}`
}

function errorText(thrown: unknown): string {
  const { name, message, stack } = errorFields(thrown)
  const keys = quote(knownKeys())
  return `,"error":{"name":${quote(name)},"message":${quote(message)},"stack":${quote(stack)},"keys":${keys}}`
}

function previewText(value: unknown): string {
  if (value === undefined) return ''
  return `,"preview":${quote(preview(value, state.limits.previewChars, state.limits.previewValues))}`
}

/** Sets the value of an input, which the child has declared. */
function input(text: string, assign: (value: unknown) => void): void {
  assign(decode(text))
}

/** Evaluates the bundle of a package. */
function bundle(name: string, make: (register: unknown, realFunction: unknown) => void): void {
  try {
    applyFunction(make, undefined, [
      (namespace: Record<string, unknown>) => registerModule(name, namespace),
      RealFunction,
    ])
  } catch (thrown) {
    const { name: kind, message } = errorFields(thrown)
    registerBroken(name, `"${name}" threw while it was loaded: ${kind}: ${message}`)
  }
}

/** Fills a fresh world from a checkpoint. Returns its hash. */
function restore(text: string, assign: Record<string, (value: unknown) => void>): string {
  readCheckpoint(text, assign)
  return hash()
}

/** The functions that the child calls. Guest code never sees them. */
type Prelude = Record<(typeof ENTRIES)[number], (...args: never[]) => unknown>

/** How many entries have returned. The child compares it with the entries that it called. */
let completed = 0

/** Makes entries report what they would throw, and counts those that return. */
function reporting(entries: Prelude): Prelude {
  const made = bare({}) as Prelude
  for (const name of ownKeys(entries) as (keyof Prelude)[]) {
    const entry = entries[name] as (...args: unknown[]) => unknown
    made[name] = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => {
      try {
        const returned = entry(a, b, c, d, e)
        completed += 1
        return returned
      } catch (thrown) {
        const { name: kind, message } = errorFields(thrown)
        state.door.note(`${kind}: ${message}`)
        return ''
      }
    }
  }
  made.completed = () => toText(completed)
  return made
}

/** Defines functions that code expects of any JavaScript engine and that a bare isolate lacks. */
function installExtras(): void {
  const resolved = new PromiseClass<void>((resolve) => resolve())
  const extras: Record<string, unknown> = {
    setTimeout: setTimer,
    setInterval: setRepeating,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    queueMicrotask: (task: () => void) => {
      promiseThen(resolved, () => task())
    },
    structuredClone: (value: unknown) => decode(encodeWithin(value, 100_000_000, 'the value')),
  }
  for (const name of Object.keys(extras)) {
    define(globalThis, name, bare({ value: extras[name], writable: true, configurable: true }))
  }
  lock(globalThis, 'sleep', sleep)
}

function install(door: HostDoor): Prelude {
  state.door = bare({ print: door.print, call: door.call, note: door.note, load: door.load })
  installFunctionSource()
  installClock()
  define(Math, 'random', bare({ value: random, writable: true, configurable: true }))
  lockDown()
  installProxies()
  installThen()
  installConsole()
  installExtras()
  installTextCoding()
  const encode = (value: unknown) => encodeWithin(value, state.limits.answerChars, 'the final answer', true)
  lock(globalThis, 'finalAnswer', freeze(finalAnswer(encode, () => state.door.note('over'))))
  // Rewritten code calls these. They give guest code nothing that it does not have already.
  lock(globalThis, '$bailiwick', freeze(bare({ caught, import: importLater, module: importModule })))
  return reporting({
    open,
    declare,
    constants,
    beginStep,
    runStep,
    deliver,
    cancel,
    collect,
    endStep,
    input,
    bundle,
    checkpoint: writeCheckpoint,
    restore,
    completed: () => '',
  })
}

/** The bundled script evaluates to this function. */
export { install }
