import {
  applyFunction,
  bigintText,
  getDescriptor,
  getPrototype,
  indexOf,
  slice,
  stackGetter,
  symbolText,
  toText,
} from './primordials.ts'
import { isProxy } from './proxies.ts'

const MAX_NAME = 200
const MAX_MESSAGE = 4_000

export interface ErrorFields {
  name: string
  message: string
  /** V8's frames as text, or '' if there are none. */
  stack: string
}

/** Reads a data property of an object or its prototypes. Runs no getter. */
function read(value: object, key: string): unknown {
  for (let at: object | null = value; at !== null; at = getPrototype(at)) {
    if (isProxy(at)) return undefined
    const found = getDescriptor(at, key)
    if (found !== undefined) return found.value
  }
  return undefined
}

function text(value: unknown, maxChars: number): string {
  if (typeof value !== 'string') return value === undefined ? '' : primitiveText(value)
  return value.length > maxChars ? `${slice(value, 0, maxChars)}… (${value.length} characters)` : value
}

function primitiveText(value: unknown): string {
  if (typeof value === 'bigint') return `${bigintText(value)}n`
  if (typeof value === 'symbol') return symbolText(value)
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  return toText(value)
}

/** Describes a thrown value. Names and messages that are getters, loop or are huge cost nothing here. */
export function errorFields(thrown: unknown): ErrorFields {
  if (typeof thrown !== 'object' || thrown === null) {
    const shown = typeof thrown === 'string' ? text(thrown, MAX_MESSAGE) : primitiveText(thrown)
    return { name: 'Error', message: `thrown: ${shown}`, stack: '' }
  }
  if (isProxy(thrown)) return { name: 'Error', message: 'thrown: a Proxy', stack: '' }
  const name = text(read(thrown, 'name'), MAX_NAME)
  const message = text(read(thrown, 'message'), MAX_MESSAGE)
  return { name: name === '' ? 'Error' : name, message, stack: stackText(thrown) }
}

/** V8 builds the stack when it is first read, and runs the getters of `name` and `message` for it. */
function isComputed(error: object, key: string): boolean {
  for (let at: object | null = error; at !== null; at = getPrototype(at)) {
    if (isProxy(at)) return true
    const found = getDescriptor(at, key)
    if (found !== undefined) return found.get !== undefined || typeof found.value === 'object'
  }
  return false
}

function stackText(error: object): string {
  if (isComputed(error, 'name') || isComputed(error, 'message') || isComputed(error, 'constructor')) return ''
  const found = getDescriptor(error, 'stack')
  if (found === undefined) return ''
  const stack =
    stackGetter !== undefined && found.get === stackGetter
      ? applyFunction(stackGetter, error, [])
      : found.value
  if (typeof stack !== 'string') return ''
  // The stack begins with the message, which may have 128 MB. The frames follow.
  const frames = indexOf(stack, '\n    at ')
  return frames < 0 ? '' : slice(stack, frames, frames + MAX_MESSAGE)
}
