import { base64ToBytes } from './base64.ts'
import type { Builtins } from './builtins.ts'
import { TYPED_ARRAYS } from './decode.ts'
import {
  bare,
  define,
  type List,
  list,
  MapClass,
  mapSet,
  push,
  SetClass,
  setAdd,
  toBigInt,
  toNumber,
  typedArrayBuffer,
} from './primordials.ts'

/** A value as `GraphWriter` wrote it: itself, or an array that stands for it. */
export type WrittenValue =
  | null
  | boolean
  | number
  | string
  | [number]
  | [kind: string, what?: number | string]
/** An object as `GraphWriter` wrote it: its kind, then its parts. */
export type WrittenObject = [kind: string, ...parts: WrittenValue[]]

const DateClass = Date
const RegExpClass = RegExp

/** Creates the objects that `GraphWriter` wrote. Returns a function that reads a value that may refer to them. */
export function readGraph(written: WrittenObject[], builtins: Builtins): (value: WrittenValue) => unknown {
  const made: List<object> = list()
  // Create all objects before filling the first, because they refer to each other.
  for (let index = 0; index < written.length; index += 1) push(made, empty(written[index] as WrittenObject))
  const read = (value: WrittenValue): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const first = value[0]
    if (typeof first === 'number') return made[first]
    const second = value[1] as string | number
    switch (first) {
      case 'number':
        return toNumber(second)
      case 'bigint':
        return toBigInt(second)
      case 'builtin':
        return builtins.objects[second as number]
      default:
        return undefined
    }
  }
  for (let index = 0; index < written.length; index += 1) {
    fill(made[index] as object, written[index] as WrittenObject, read)
  }
  return read
}

function empty(written: WrittenObject): object {
  const first = written[1]
  switch (written[0]) {
    case 'array':
      return []
    case 'object':
      return {}
    case 'bare':
      return bare({})
    case 'map':
      return new MapClass()
    case 'set':
      return new SetClass()
    case 'date':
      return new DateClass(typeof first === 'number' ? first : Number.NaN)
    case 'regexp':
      return new RegExpClass(first as string, written[2] as string)
    case 'bytes': {
      const type = TYPED_ARRAYS[first as string]
      if (type === undefined) throw new SyntaxError('unknown typed array')
      return new type(typedArrayBuffer(base64ToBytes(written[2] as string)))
    }
    default:
      throw new SyntaxError('unknown kind of object')
  }
}

function fill(made: object, written: WrittenObject, read: (value: WrittenValue) => unknown): void {
  const parts = written.length
  switch (written[0]) {
    case 'array':
      ;(made as unknown[]).length = parts - 1
      for (let index = 1; index < parts; index += 1) {
        const part = written[index] as WrittenValue
        if (!isHole(part)) (made as unknown[])[index - 1] = read(part)
      }
      return
    case 'object':
    case 'bare':
      for (let index = 1; index < parts; index += 2) {
        setField(made, written[index] as string, read(written[index + 1] as WrittenValue))
      }
      return
    case 'map':
      for (let index = 1; index < parts; index += 2) {
        mapSet(made, read(written[index] as WrittenValue), read(written[index + 1] as WrittenValue))
      }
      return
    case 'set':
      for (let index = 1; index < parts; index += 1) setAdd(made, read(written[index] as WrittenValue))
      return
    case 'regexp':
      ;(made as RegExp).lastIndex = read(written[3] as WrittenValue) as number
      return
  }
}

function isHole(value: WrittenValue): boolean {
  return typeof value === 'object' && value !== null && value[0] === 'hole'
}

/** Like an assignment, except that `__proto__` becomes a property and does not change the prototype. */
export function setField(target: object, key: string, value: unknown): void {
  define(target, key, bare({ value, writable: true, enumerable: true, configurable: true }))
}
