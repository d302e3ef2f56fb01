import {
  applyFunction,
  bufferBytes,
  dateTime,
  getDescriptor,
  getPrototype,
  mapSize,
  PromiseClass,
  regexpFlags,
  setSize,
  stackGetter,
  typedArrayName,
} from './primordials.ts'

export type Kind = 'date' | 'map' | 'set' | 'regexp' | 'error' | 'bytes' | 'buffer' | 'promise' | 'object'

/** True where the builtin's own method accepts the value: subclasses too, impostors never. */
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
const sourceOf = getDescriptor(RegExp.prototype, 'source')?.get

function isRegexp(value: object): boolean {
  if (value === RegExp.prototype || sourceOf === undefined) return false
  return accepts(() => {
    applyFunction(sourceOf, value, [])
    regexpFlags(value)
  })
}

/** An error is what carries a stack of V8's own, whatever its prototype says. */
function isError(value: object): boolean {
  const stack = getDescriptor(value, 'stack')
  if (stack === undefined) return false
  if (stackGetter !== undefined && stack.get === stackGetter) return true
  if (typeof stack.value !== 'string') return false
  for (let above = getPrototype(value); above !== null; above = getPrototype(above)) {
    if (above === Error.prototype) return true
  }
  return false
}

/** What a value is, asked of the builtins, never of the value: no getter, tag or trap runs. */
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
  if (value instanceof PromiseClass) return 'promise'
  return 'object'
}
