import { errorFields } from './error-text.ts'
import { kindOf } from './kind-of.ts'
import { className } from './preview.ts'
import {
  ACCESSOR,
  Bytes,
  bigintText,
  dataOf,
  dateTime,
  eachEntry,
  eachItem,
  functionText,
  is,
  isArray,
  type List,
  list,
  MapClass,
  MISSING,
  mapGet,
  mapSet,
  mapSize,
  min,
  ownKeys,
  push,
  regexpFlags,
  regexpSource,
  setSize,
  symbolText,
  toText,
  typedArrayBuffer,
  typedArrayBytes,
  typedArrayName,
  typedArrayOffset,
} from './primordials.ts'
import { isProxy } from './proxies.ts'
import { beginHash, hashSoFar, mix, mixText } from './text-hash.ts'

/** After this many values, only kinds and sizes count, so that the end of a step stays cheap. */
const MAX_VALUES = 50_000
const MAX_BYTES = 1_000_000

let left = 0
let seen: unknown
let seenCount = 0
let queue: List<object> = list()

/**
 * Hashes named values and everything that they refer to: the order of keys, identity within the graph, functions by
 * source and classes by name. Equal worlds have equal hashes. Runs no getter and no trap.
 */
export function worldHash(names: List<string>, value: (name: string) => unknown): string {
  beginHash()
  left = MAX_VALUES
  seen = new MapClass()
  seenCount = 0
  queue = list()
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string
    mixText(name)
    visit(value(name))
  }
  // Breadth first and without recursion, because a list may have a million links.
  for (let index = 0; index < queue.length; index += 1) visitInside(queue[index] as object)
  queue = list()
  seen = undefined
  return hashSoFar()
}

function visit(value: unknown): undefined {
  left -= 1
  if (typeof value === 'string') {
    mix(1)
    if (left > 0 && value.length < MAX_BYTES) return mixText(value)
    return mix(value.length)
  }
  if (typeof value === 'number') {
    mix(2)
    if ((value | 0) === value && !is(value, -0)) return mix(value)
    return mixText(is(value, -0) ? '-0' : toText(value))
  }
  if (typeof value === 'bigint') {
    mix(3)
    return mixText(bigintText(value, 36))
  }
  if (typeof value === 'symbol') return mixText(symbolText(value))
  if (typeof value !== 'object' && typeof value !== 'function') return mixText(toText(value))
  if (value === null) return mix(4)
  const number = mapGet(seen, value) as number | undefined
  if (number !== undefined) {
    mix(5)
    return mix(number)
  }
  seenCount += 1
  mapSet(seen, value, seenCount)
  mix(6)
  if (left > 0) push(queue, value)
}

function visitInside(value: object): undefined {
  if (isProxy(value)) return mixText('proxy')
  if (typeof value === 'function') {
    mixText(functionText(value as () => void))
    return visitFields(value)
  }
  mixText(className(value))
  if (isArray(value)) return visitArray(value)
  switch (kindOf(value)) {
    case 'date':
      return visit(dateTime(value as Date))
    case 'regexp':
      mixText(regexpSource(value))
      return mixText(regexpFlags(value))
    case 'error': {
      const fields = errorFields(value)
      mixText(fields.name)
      return mixText(fields.message)
    }
    case 'bytes':
      return visitBytes(value)
    case 'map':
      mix(mapSize(value))
      eachEntry(value, (item, key) => {
        if (left <= 0) return
        visit(key)
        visit(item)
      })
      return
    case 'set':
      mix(setSize(value))
      eachItem(value, (item) => {
        if (left > 0) visit(item)
      })
      return
    default:
      return visitFields(value)
  }
}

function visitArray(value: unknown[]): undefined {
  mix(value.length)
  const { length } = value
  for (let index = 0; index < length && left > 0; index += 1) {
    const item = dataOf(value, toText(index))
    if (item === MISSING) {
      left -= 1
      mix(7)
    } else if (item === ACCESSOR) mixText('getter')
    else visit(item)
  }
}

function visitBytes(value: object): undefined {
  const size = typedArrayBytes(value)
  mixText(typedArrayName(value) ?? '')
  mix(size)
  if (left <= 0) return
  const bytes = new Bytes(typedArrayBuffer(value), typedArrayOffset(value), size)
  const hashed = min(size, MAX_BYTES)
  for (let index = 0; index < hashed; index += 1) mix(bytes[index] as number)
}

function visitFields(value: object): undefined {
  const keys = ownKeys(value)
  mix(keys.length)
  for (let index = 0; index < keys.length && left > 0; index += 1) {
    const key = keys[index] as PropertyKey
    if (typeof value === 'function' && (key === 'prototype' || key === 'length' || key === 'name')) continue
    mixText(typeof key === 'symbol' ? symbolText(key) : toText(key))
    const field = dataOf(value, key)
    if (field === MISSING) continue
    if (field === ACCESSOR) mixText('getter')
    else visit(field)
  }
}
