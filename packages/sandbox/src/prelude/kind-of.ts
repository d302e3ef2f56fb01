import { TYPED_ARRAYS } from './decode.ts'
import {
  applyFunction,
  bare,
  bufferBytes,
  dateTime,
  getDescriptor,
  getPrototype,
  isArray,
  mapSize,
  PromiseClass,
  regexpFlags,
  setSize,
  stackGetter,
  typedArrayBuffer,
  typedArrayName,
} from './primordials.ts'
import { isProxy } from './proxies.ts'

export type Kind = 'date' | 'map' | 'set' | 'regexp' | 'error' | 'bytes' | 'buffer' | 'promise' | 'object'

/** Tells whether a builtin's own method accepts the value. It accepts subclasses but no impostors. */
function accepts(probe: () => unknown): boolean {
  try {
    probe()
    return true
  } catch {
    return false
  }
}

const objectPrototype = Object.prototype
const arrayPrototype = Array.prototype
const errorPrototype = Error.prototype
const promisePrototype = PromiseClass.prototype
const sourceOf = getDescriptor(RegExp.prototype, 'source')?.get

function isRegexp(value: object): boolean {
  if (value === RegExp.prototype || sourceOf === undefined) return false
  return accepts(() => {
    applyFunction(sourceOf, value, [])
    regexpFlags(value)
  })
}

/** An error is an object with a stack made by V8, whatever its prototype is. */
function isError(value: object): boolean {
  const stack = getDescriptor(value, 'stack')
  if (stack === undefined) return false
  if (stackGetter !== undefined && stack.get === stackGetter) return true
  if (typeof stack.value !== 'string') return false
  return inherits(value, errorPrototype)
}

/** Like `instanceof`, but runs neither a `Symbol.hasInstance` of the guest nor a trap. */
function inherits(value: object, prototype: object): boolean {
  for (let above = getPrototype(value); above !== null; above = getPrototype(above)) {
    if (above === prototype) return true
    if (isProxy(above)) return false
  }
  return false
}

/** Determines the kind of an object by means of builtins only. Runs no getter, tag or trap of the object. */
export function kindOf(value: object): Kind {
  const prototype = getPrototype(value)
  if (prototype === null || prototype === objectPrototype || prototype === arrayPrototype) return 'object'
  if (typedArrayName(value) !== undefined) return 'bytes'
  if (isError(value)) return 'error'
  if (accepts(() => mapSize(value))) return 'map'
  if (accepts(() => setSize(value))) return 'set'
  if (accepts(() => dateTime(value as Date))) return 'date'
  if (isRegexp(value)) return 'regexp'
  if (accepts(() => bufferBytes(value))) return 'buffer'
  if (inherits(value, promisePrototype)) return 'promise'
  return 'object'
}

export type PlainKind = 'array' | 'object' | 'bare' | 'date' | 'map' | 'set' | 'regexp' | 'bytes'

const bufferPrototype = ArrayBuffer.prototype
const PROTOTYPES: Partial<Record<Kind, object>> = bare({
  date: Date.prototype,
  map: Map.prototype,
  set: Set.prototype,
  regexp: RegExp.prototype,
})

/**
 * The kind of an object that is plain data: made by a literal, or a direct instance of a builtin. Undefined for all
 * other objects, including instances of subclasses.
 */
export function plainKind(value: object): PlainKind | undefined {
  const prototype = getPrototype(value)
  if (isArray(value)) return prototype === arrayPrototype ? 'array' : undefined
  if (prototype === null) return 'bare'
  if (prototype === objectPrototype) return 'object'
  const name = typedArrayName(value)
  if (name !== undefined) {
    const plain = prototype === TYPED_ARRAYS[name]?.prototype
    return plain && getPrototype(typedArrayBuffer(value)) === bufferPrototype ? 'bytes' : undefined
  }
  const kind = kindOf(value)
  return PROTOTYPES[kind] === prototype ? (kind as PlainKind) : undefined
}
