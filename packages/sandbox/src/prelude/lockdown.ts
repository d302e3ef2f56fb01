import { lock } from './lock.ts'
import { bare, define } from './primordials.ts'

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
 * Takes away what a guest needs for nothing but mischief: shared memory, memory outside the heap's
 * limit, what sees the garbage collector, and code from text. The isolate does not depend on it.
 */
export function lockDown(): void {
  const root = globalThis as unknown as Root
  for (const name of REMOVED) delete root[name]
  // `Math` keeps what it has: taking one function away would make all the others slow.
  removeCodeFromText(root)
  fixBuffers()
  // V8 calls it with every stack that is built, whoever defined it.
  lock(Error, 'prepareStackTrace', undefined)
  define(Error, 'stackTraceLimit', bare({ value: 30, writable: false, configurable: false }))
  define(Error, 'captureStackTrace', bare({ value: () => {}, writable: true, configurable: true }))
}

/** The real `Function`, for bundles of granted packages alone: arquero compiles its expressions. */
export const RealFunction = Function

function removeCodeFromText(root: Root): void {
  const kinds = [
    Object.getPrototypeOf(() => {}),
    Object.getPrototypeOf(async () => {}),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
  ]
  for (const prototype of kinds) {
    // biome-ignore lint/complexity/useArrowFunction: `new Function()` must reach the message
    const blocked = function (): never {
      throw new EvalError('code from text is not available here')
    }
    define(blocked, 'name', bare({ value: 'Function', configurable: true }))
    define(blocked, 'prototype', bare({ value: prototype, writable: false }))
    define(prototype, 'constructor', bare({ value: blocked, writable: false, configurable: false }))
    if (prototype === kinds[0])
      define(root, 'Function', bare({ value: blocked, writable: true, configurable: true }))
  }
  delete root.eval
}

/** Resizable buffers live outside the heap's limit. */
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
