import { bare, define, freeze, type List, list, push } from './primordials.ts'

/** The values of locked names, in the order of their definition. */
export const lockedValues: List<unknown> = list()

/**
 * Defines a name that guest code can use but not assign. It is an accessor, because guest code is not strict: an
 * assignment to a read-only property would fail silently.
 */
export function lock(target: object, name: string, value: unknown): void {
  push(lockedValues, value)
  define(
    target,
    name,
    bare({
      get: freeze(() => value),
      set: freeze(() => {
        throw new TypeError(
          `\`${name}\` is already defined here and cannot be assigned to; choose another name`,
        )
      }),
      enumerable: false,
      configurable: false,
    }),
  )
}

const REMOVED = [
  'WebAssembly',
  'SharedArrayBuffer',
  'Atomics',
  'FinalizationRegistry',
  'WeakRef',
  'Float16Array',
  'escape',
  'unescape',
]

type Root = Record<string, unknown>

/**
 * Removes builtins that only an attacker needs: shared memory, memory outside the heap's limit, views of the garbage
 * collector, and code from strings. The isolation does not depend on this.
 */
export function lockDown(): void {
  const root = globalThis as unknown as Root
  for (const name of REMOVED) delete root[name]
  // Remove nothing from `Math`: that would make all its other functions slow.
  removeCodeFromText(root)
  fixBuffers()
  // V8 would call a `prepareStackTrace` of the guest for every stack that it builds.
  lock(Error, 'prepareStackTrace', undefined)
  define(Error, 'stackTraceLimit', bare({ value: 30, writable: false, configurable: false }))
  define(Error, 'captureStackTrace', bare({ value: () => {}, writable: true, configurable: true }))
}

/** The real `Function`. Only bundles of granted packages get it, for example arquero, which compiles expressions. */
export const RealFunction = Function

function removeCodeFromText(root: Root): void {
  const kinds = [
    Object.getPrototypeOf(() => {}),
    Object.getPrototypeOf(async () => {}),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
  ]
  for (const prototype of kinds) {
    // biome-ignore lint/complexity/useArrowFunction: an arrow function would fail on `new Function()` with another message
    const blocked = function (): never {
      throw new EvalError('code from strings is not available here')
    }
    define(blocked, 'name', bare({ value: 'Function', configurable: true }))
    define(blocked, 'prototype', bare({ value: prototype, writable: false }))
    define(prototype, 'constructor', bare({ value: blocked, writable: false, configurable: false }))
    if (prototype === kinds[0])
      define(root, 'Function', bare({ value: blocked, writable: true, configurable: true }))
  }
  delete root.eval
}

/** Removes resizable buffers, whose memory is outside the heap's limit. */
function fixBuffers(): void {
  const RealBuffer = ArrayBuffer
  const construct = Reflect.construct
  const Fixed = function (length?: unknown): ArrayBuffer {
    if (new.target === undefined) throw new TypeError("Constructor ArrayBuffer requires 'new'")
    return construct(RealBuffer, [length], new.target)
  }
  define(Fixed, 'name', bare({ value: 'ArrayBuffer', configurable: true }))
  define(Fixed, 'prototype', bare({ value: RealBuffer.prototype, writable: false }))
  define(Fixed, 'isView', bare({ value: RealBuffer.isView, writable: true, configurable: true }))
  define(RealBuffer.prototype, 'constructor', bare({ value: Fixed, writable: true, configurable: true }))
  const prototype = RealBuffer.prototype as unknown as Root
  for (const name of ['resize', 'transfer', 'transferToFixedLength']) delete prototype[name]
  define(globalThis, 'ArrayBuffer', bare({ value: Fixed, writable: true, configurable: true }))
}
