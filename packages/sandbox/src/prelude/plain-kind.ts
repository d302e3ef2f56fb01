import { TYPED_ARRAYS } from './decode.ts'
import { type Kind, kindOf } from './kind-of.ts'
import { bare, getPrototype, isArray, typedArrayBuffer, typedArrayName } from './primordials.ts'

export type PlainKind = 'array' | 'object' | 'bare' | 'date' | 'map' | 'set' | 'regexp' | 'bytes'

const objectPrototype = Object.prototype
const arrayPrototype = Array.prototype
const bufferPrototype = ArrayBuffer.prototype
const PROTOTYPES: Partial<Record<Kind, object>> = bare({
  date: Date.prototype,
  map: Map.prototype,
  set: Set.prototype,
  regexp: RegExp.prototype,
})

/**
 * The kind of an object that is data and nothing else: made by a literal, or an instance of a builtin
 * itself. Undefined for everything else, instances of subclasses too.
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
