import { base64ToBytes } from './base64.ts'
import {
  bare,
  define,
  hasOwn,
  isArray,
  MapClass,
  mapSet,
  ownKeys,
  parseJson,
  SetClass,
  setAdd,
  toBigInt,
  toNumber,
  typedArrayBuffer,
} from './primordials.ts'

type Tagged = null | boolean | number | string | Tagged[] | { [key: string]: Tagged }

const RegExpClass = RegExp
const DateClass = Date
const ErrorClass = Error
export const TYPED_ARRAYS: Record<string, (new (buffer: ArrayBuffer) => object) & { prototype: object }> =
  bare({
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  })

/** Decodes text from the host as the contract's `decodeValue` does. */
export function decode(text: string): unknown {
  return untag(parseJson(text) as Tagged)
}

function untag(value: Tagged): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) {
    for (let index = 0; index < value.length; index += 1)
      value[index] = untag(value[index] as Tagged) as Tagged
    return value
  }
  if (hasOwn(value, '$')) {
    const marked = value.$
    if (isArray(marked)) return untagMarked(marked)
  }
  return untagFields(value)
}

function untagFields(value: { [key: string]: Tagged }): object {
  const keys = ownKeys(value) as string[]
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string
    if (key === '__proto__') delete value[key]
    else {
      const item = value[key] as Tagged
      // Assign only what changed: most values stay as JSON made them.
      if (typeof item === 'object' && item !== null) value[key] = untag(item) as Tagged
    }
  }
  return value
}

function untagMarked(marked: Tagged[]): unknown {
  const kind = marked[0]
  // An index beyond the end would read a property that the guest may have defined on `Array.prototype`.
  const first = marked.length > 1 ? marked[1] : undefined
  const second = marked.length > 2 ? marked[2] : undefined
  switch (kind) {
    case 'undefined':
      return undefined
    case 'number':
      return toNumber(first)
    case 'bigint':
      return toBigInt(first as string)
    case 'date':
      return new DateClass(first === null ? Number.NaN : toNumber(first))
    case 'map':
      return untagMap(first as Tagged[][])
    case 'set':
      return untagSet(first as Tagged[])
    case 'regexp':
      return new RegExpClass(first as string, second as string)
    case 'error': {
      const error = new ErrorClass(second as string)
      define(error, 'name', bare({ value: first, writable: true, configurable: true }))
      return error
    }
    case 'bytes': {
      const type = TYPED_ARRAYS[first as string]
      if (type === undefined) throw new SyntaxError('unknown typed array')
      return new type(typedArrayBuffer(base64ToBytes(second as string)))
    }
    case 'object':
      return untagFields(first as { [key: string]: Tagged })
    default:
      throw new SyntaxError('unknown kind of encoded value')
  }
}

function untagMap(entries: Tagged[][]): Map<unknown, unknown> {
  const map = new MapClass()
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] as Tagged[]
    mapSet(map, untag(entry[0] as Tagged), untag(entry[1] as Tagged))
  }
  return map
}

function untagSet(items: Tagged[]): Set<unknown> {
  const set = new SetClass()
  for (let index = 0; index < items.length; index += 1) setAdd(set, untag(items[index] as Tagged))
  return set
}
