import { lockedValues } from './lockdown.ts'
import {
  bare,
  functionText,
  getDescriptor,
  getPrototype,
  isExtensible,
  type List,
  list,
  MapClass,
  mapGet,
  mapSet,
  ownKeys,
  push,
  symbolText,
  toText,
} from './primordials.ts'
import { beginHash, hashSoFar, mix, mixText } from './text-hash.ts'
import { isBuiltin } from './variables.ts'

/** Every object that a world has before guest code runs, in the same order in every world. */
export interface Builtins {
  /** Digest of all builtins and their properties. It changes if guest code changes a builtin. */
  digest: string
  objects: List<object>
  /** The index in `objects`, or undefined for an object of the guest. */
  indexOf(value: object): number | undefined
}

const { Iterator: IteratorClass } = globalThis as unknown as {
  Iterator: { from(iterator: object): { map(change: unknown): object } }
}
const wrapped = IteratorClass.from({ next: () => ({ done: true, value: undefined }) })

/** Prototypes that the language gives to values and that cannot be reached from a global. */
const hidden: List<unknown> = list()
for (const made of [
  () => {},
  async () => {},
  (function* () {})(),
  (async function* () {})(),
  [][Symbol.iterator](),
  ''[Symbol.iterator](),
  new Map()[Symbol.iterator](),
  new Set()[Symbol.iterator](),
  ''.matchAll(/x/g),
  wrapped,
  wrapped.map((item: unknown) => item),
]) {
  push(hidden, getPrototype(made))
}

/** Walks the builtins in their present state. Runs no guest code: neither getters nor traps. */
export function walkBuiltins(): Builtins {
  beginHash()
  const numbers = new MapClass()
  const objects: List<object> = list()
  const visit = (value: unknown): undefined => {
    if (typeof value === 'symbol') return mixText(symbolText(value))
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      mixText(typeof value)
      return mixText(toText(value))
    }
    let number = mapGet(numbers, value) as number | undefined
    if (number === undefined) {
      number = objects.length
      mapSet(numbers, value, number)
      push(objects, value)
    }
    mix(number)
  }
  const visitInside = (value: object): void => {
    visit(getPrototype(value))
    mix(isExtensible(value) ? 1 : 0)
    if (typeof value === 'function') mixText(functionText(value as () => void))
    const keys = ownKeys(value)
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as PropertyKey
      if (value === globalThis && !isBuiltin(key)) continue
      mixText(typeof key === 'symbol' ? symbolText(key) : toText(key))
      const field = getDescriptor(value, key)
      if (field === undefined) continue
      mix((field.writable ? 1 : 0) + (field.enumerable ? 2 : 0) + (field.configurable ? 4 : 0))
      visit(field.value)
      visit(field.get)
      visit(field.set)
    }
  }
  visit(globalThis)
  for (let index = 0; index < lockedValues.length; index += 1) visit(lockedValues[index])
  for (let index = 0; index < hidden.length; index += 1) visit(hidden[index])
  for (let index = 0; index < objects.length; index += 1) visitInside(objects[index] as object)
  return bare({
    digest: hashSoFar(),
    objects,
    indexOf: (value: object) => mapGet(numbers, value) as number | undefined,
  })
}
