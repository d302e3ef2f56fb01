import { applyFunction, bare, define, freeze, PromiseClass } from './primordials.ts'

/** `finalAnswer` throws this to end the code path that called it. Rewritten `catch` clauses rethrow it. */
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

/** The answer as encoded text. */
export function theAnswer(): string {
  return answer
}

/** Makes the guest's `finalAnswer`. The first answer wins. It is encoded at once, so later changes of the value do not matter. */
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

/** The first statement of every rewritten `catch`. */
export function caught(thrown: unknown): void {
  if (thrown === END_OF_PATH) throw thrown
}

export function isEndOfPath(thrown: unknown): boolean {
  return thrown === END_OF_PATH
}

/** True while a promise's `finally` calls `then`. Its callback also runs after a final answer. */
let inFinally = false

/** Makes `.catch(…)` and `.then(…, …)` ignore a final answer: like `catch` clauses, they must not swallow it. */
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
