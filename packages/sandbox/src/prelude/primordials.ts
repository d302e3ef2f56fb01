/**
 * The builtins that the prelude uses, captured before any guest code runs. Guest code may replace
 * `Array.prototype.push` or `JSON.stringify`, which must not change how the prelude behaves. So the prelude never calls
 * a method of a value but one of these functions. Lists are objects without a prototype ({@link list}), because guest
 * code may define a setter for `0` on `Array.prototype`.
 */
// biome-ignore lint/complexity/noBannedTypes: it stands for any function
type Callable = Function
type Uncurried<F> = F extends (this: infer T, ...args: infer A) => infer R
  ? (self: T, ...args: A) => R
  : never

const { apply } = Reflect

function uncurry<F extends Callable>(method: F): Uncurried<F> {
  return ((self: unknown, ...args: unknown[]) => apply(method, self, args)) as Uncurried<F>
}

/** The getter of an accessor property of a builtin. */
function getter<T>(prototype: object, key: PropertyKey): (self: unknown) => T {
  const get = Reflect.getOwnPropertyDescriptor(prototype, key)?.get
  if (get === undefined) return () => undefined as T
  return (self) => apply(get, self, [])
}

export const applyFunction = apply
export const construct = Reflect.construct
export const ownKeys = Reflect.ownKeys
const findDescriptor = Reflect.getOwnPropertyDescriptor
export const getPrototype = Reflect.getPrototypeOf
export const setPrototype = Reflect.setPrototypeOf
export const define = Reflect.defineProperty
export const freeze = Object.freeze
export const isExtensible = Reflect.isExtensible
export const isArray = Array.isArray
export const { isFinite: isFiniteNumber, isInteger, isNaN: isNotANumber } = Number
export const is = Object.is
export const { floor, min, max, imul, abs } = Math
export const parseJson = JSON.parse
/** Only for strings: on an object it would call a `toJSON` that the guest may have defined. */
export const quote = JSON.stringify as (text: string) => string
export const toText = String
export const toNumber = Number
export const toBigInt = BigInt
export const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number

export const hasOwn = Object.hasOwn

/**
 * A property of an object. It has no prototype: the descriptor of a data property has no `get` of its own, so reading
 * `get` from it would run a getter that the guest defined on `Object.prototype`.
 */
export class Descriptor {
  readonly value: unknown
  readonly get: (() => unknown) | undefined
  readonly set: ((value: unknown) => void) | undefined
  readonly writable: boolean
  readonly enumerable: boolean
  readonly configurable: boolean

  constructor(found: PropertyDescriptor) {
    const isData = hasOwn(found, 'value')
    this.value = isData ? found.value : undefined
    this.writable = isData && found.writable === true
    this.get = isData ? undefined : found.get
    this.set = isData ? undefined : found.set
    this.enumerable = found.enumerable === true
    this.configurable = found.configurable === true
  }
}

/** Stand for a property that is missing, or has a getter or setter. */
export const MISSING = freeze({ __proto__: null })
export const ACCESSOR = freeze({ __proto__: null })

/** The value of an own data property. Faster than {@link getDescriptor}, for objects with many properties. */
export function dataOf(object: object, key: PropertyKey): unknown {
  const found = findDescriptor(object, key)
  if (found === undefined) return MISSING
  return hasOwn(found, 'value') ? found.value : ACCESSOR
}

/** Describes an own property without running any code of the guest, unless the object is a Proxy. */
export function getDescriptor(object: object, key: PropertyKey): Descriptor | undefined {
  const found = findDescriptor(object, key)
  return found === undefined ? undefined : new Descriptor(found)
}
export const functionText = uncurry(Function.prototype.toString)
export const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable)

export const charCode = uncurry(String.prototype.charCodeAt)
export const slice = uncurry(String.prototype.slice)
export const indexOf = uncurry(String.prototype.indexOf)
export const padEnd = uncurry(String.prototype.padEnd)
export const padStart = uncurry(String.prototype.padStart)
export const fromCharCode = String.fromCharCode
export const bigintText = uncurry(BigInt.prototype.toString)
export const symbolText = uncurry(Symbol.prototype.toString)
/** Unlike `test`, which calls an `exec` that the guest may have replaced. */
export const regexpExec = uncurry(RegExp.prototype.exec)
export const regexpSource = getter<string>(RegExp.prototype, 'source')

const FLAGS = [
  ['d', getter<boolean>(RegExp.prototype, 'hasIndices')],
  ['g', getter<boolean>(RegExp.prototype, 'global')],
  ['i', getter<boolean>(RegExp.prototype, 'ignoreCase')],
  ['m', getter<boolean>(RegExp.prototype, 'multiline')],
  ['s', getter<boolean>(RegExp.prototype, 'dotAll')],
  ['u', getter<boolean>(RegExp.prototype, 'unicode')],
  ['v', getter<boolean>(RegExp.prototype, 'unicodeSets')],
  ['y', getter<boolean>(RegExp.prototype, 'sticky')],
] as const

/** The flags of a regular expression. Unlike the getter `flags`, it reads no other property. */
export function regexpFlags(regexp: unknown): string {
  let flags = ''
  for (let index = 0; index < FLAGS.length; index += 1) {
    const entry = FLAGS[index] as (typeof FLAGS)[number]
    if (entry[1](regexp)) flags += entry[0]
  }
  return flags
}

export const PromiseClass = Promise
const realThen = uncurry(Promise.prototype.then)

/**
 * Calls `then` of a promise. `then` reads `constructor` of the promise and then its species, both of which guest code
 * may have changed. Meanwhile the promise has a `constructor` of its own, which stands for the default.
 */
export function promiseThen<T>(
  promise: Promise<T>,
  onValue: (value: T) => unknown,
  onError?: (error: unknown) => unknown,
): void {
  define(promise, 'constructor', bare({ value: undefined, configurable: true }))
  realThen(promise, onValue as (value: unknown) => unknown, onError)
  delete (promise as { constructor?: unknown }).constructor
}
export const dateTime = uncurry(Date.prototype.getTime)
export const dateIso = uncurry(Date.prototype.toISOString)

export const MapClass = Map
export const SetClass = Set
export const mapGet = uncurry(Map.prototype.get) as (self: unknown, key: unknown) => unknown
export const mapSet = uncurry(Map.prototype.set) as (self: unknown, key: unknown, value: unknown) => void
export const mapSize = getter<number>(Map.prototype, 'size')
export const setSize = getter<number>(Set.prototype, 'size')
export const setAdd = uncurry(Set.prototype.add) as (self: unknown, value: unknown) => void
const mapEach = uncurry(Map.prototype.forEach) as (self: unknown, visit: unknown) => void
const setEach = uncurry(Set.prototype.forEach) as (self: unknown, visit: unknown) => void
export const eachEntry: (self: unknown, visit: (value: unknown, key: unknown) => void) => void = mapEach
export const eachItem: (self: unknown, visit: (value: unknown) => void) => void = setEach
export const WeakSetClass = WeakSet
export const weakSetHas = uncurry(WeakSet.prototype.has)
export const weakSetAdd = uncurry(WeakSet.prototype.add)

const TypedArray = Reflect.getPrototypeOf(Uint8Array) as { prototype: object }
/** The name of a typed array's type, such as `Uint8Array`, or undefined for any other value. Runs no guest code. */
export const typedArrayName = getter<string | undefined>(TypedArray.prototype, Symbol.toStringTag)
export const typedArrayLength = getter<number>(TypedArray.prototype, 'length')
export const typedArrayBuffer = getter<ArrayBuffer>(TypedArray.prototype, 'buffer')
export const typedArrayOffset = getter<number>(TypedArray.prototype, 'byteOffset')
export const typedArrayBytes = getter<number>(TypedArray.prototype, 'byteLength')
export const bufferBytes = getter<number>(ArrayBuffer.prototype, 'byteLength')
export const Bytes = Uint8Array

const sample = Reflect.getOwnPropertyDescriptor(new Error('sample'), 'stack')
/** Before version 14, V8 stores `stack` as a value. Since then, all errors share this getter. */
export const stackGetter = sample?.get

/** A list that changes of `Array.prototype` do not affect. */
export interface List<T> {
  length: number
  [index: number]: T
}

/** Has no prototype. It is a class, because changing the prototype of each new object is slow. */
class BareList {
  length = 0
}
for (const { prototype } of [BareList, Descriptor]) {
  setPrototype(prototype, null)
  delete (prototype as { constructor?: unknown }).constructor
}

export function list<T>(): List<T> {
  return new BareList() as List<T>
}

export function push<T>(items: List<T>, item: T): void {
  items[items.length] = item
  items.length += 1
}

export function join(items: List<string>, separator: string): string {
  let text = ''
  for (let index = 0; index < items.length; index += 1) text += (index === 0 ? '' : separator) + items[index]
  return text
}

/** Removes an object's prototype, so that reading a missing key gives undefined whatever the guest changed. */
export function bare<T extends object>(fields: T): T {
  setPrototype(fields, null)
  return fields
}
