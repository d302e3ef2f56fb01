import { applyFunction, bare, define, freeze, PromiseClass } from './primordials.ts'

/** Thrown by `finalAnswer`: ends its own path. Rewritten `catch` clauses let it pass. */
const END_OF_PATH = freeze(bare({ finalAnswer: true }))

let given = false
let answer = ''

export function resetAnswer(): void {
  given = false
  answer = ''
}

export function hasAnswer(): boolean {
  return given
}

/** As encoded text. */
export function theAnswer(): string {
  return answer
}

/** The first answer wins. It is encoded at once: what the code does to the value later does not matter. */
export function finalAnswer(
  encode: (value: unknown) => string,
  tell: () => void,
): (...values: unknown[]) => never {
  return function finalAnswer(...values: unknown[]): never {
    if (!given) {
      answer = encode(values[0])
      given = true
      tell()
    }
    throw END_OF_PATH
  }
}

/** First statement of every rewritten `catch`. */
export function caught(thrown: unknown): void {
  if (thrown === END_OF_PATH) throw thrown
}

export function isEndOfPath(thrown: unknown): boolean {
  return thrown === END_OF_PATH
}

/** Set while `finally` of a promise builds on `then`: what it registers runs for an answer too. */
let inFinally = false

/** `.catch(…)` and `.then(…, …)` are the code's own catch too: past an answer their path just ends. */
export function installThen(): void {
  const prototype = PromiseClass.prototype
  const realThen = prototype.then
  const realFinally = prototype.finally
  function guard(onError: unknown): unknown {
    if (typeof onError !== 'function' || inFinally) return onError
    return (reason: unknown) =>
      reason === END_OF_PATH ? new PromiseClass(() => {}) : applyFunction(onError, undefined, [reason])
  }
  hide(prototype, 'then', function (this: unknown, onValue: unknown, onError: unknown): unknown {
    return applyFunction(realThen, this, [onValue, guard(onError)])
  })
  hide(prototype, 'finally', function (this: unknown, onDone: unknown): unknown {
    inFinally = true
    try {
      return applyFunction(realFinally, this, [onDone])
    } finally {
      inFinally = false
    }
  })
}

function hide(target: object, name: string, value: object): void {
  define(value, 'name', bare({ value: name, configurable: true }))
  define(target, name, bare({ value, writable: true, enumerable: false, configurable: true }))
}
