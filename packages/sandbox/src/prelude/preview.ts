import { errorFields } from './error-text.ts'
import { kindOf } from './kind-of.ts'
import {
  bigintText,
  bufferBytes,
  type Descriptor,
  dataOf,
  dateIso,
  dateTime,
  eachEntry,
  eachItem,
  functionText,
  getDescriptor,
  getPrototype,
  indexOf,
  is,
  isArray,
  isNotANumber,
  join,
  type List,
  list,
  mapSize,
  min,
  ownKeys,
  push,
  quote,
  regexpExec,
  regexpFlags,
  regexpSource,
  setSize,
  slice,
  symbolText,
  toText,
  typedArrayLength,
  typedArrayName,
} from './primordials.ts'
import { isProxy, proxyText } from './proxies.ts'
import { tableText } from './table.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const MAX_ITEMS = 100
const MAX_STRING = 2_000
const MAX_DEPTH = 6
/** The width of a line, characters. */
const MAX_LINE = 76

/** Shows a value as readable text within both limits. Runs no getters, traps or `toString` of the guest. */
export function preview(value: unknown, maxChars: number, maxValues: number): string {
  if (typeof value === 'string') return cut(value, maxChars)
  const table = tableText(value, maxChars)
  if (table !== undefined) return table
  return cut(new Inspector(maxChars, maxValues).show(value, 0), maxChars)
}

/** Cuts a text and says how much is missing. */
export function cut(text: string, maxChars: number): string {
  return text.length <= maxChars
    ? text
    : `${slice(text, 0, maxChars)}… (${text.length - maxChars} more characters)`
}

class Inspector {
  #left: number
  #chars: number
  readonly #above: List<object> = list()

  constructor(maxChars: number, maxValues: number) {
    this.#left = maxValues
    this.#chars = maxChars
  }

  show(value: unknown, depth: number): string {
    const text = this.#any(value, depth)
    this.#chars -= min(text.length, 40)
    return text
  }

  #any(value: unknown, depth: number): string {
    this.#left -= 1
    if (typeof value === 'string') return quote(cut(value, depth === 0 ? MAX_STRING : 400))
    if (typeof value === 'function') return functionName(value)
    if (typeof value !== 'object' || value === null) return primitive(value)
    if (isProxy(value)) return proxyText(value)
    for (let index = 0; index < this.#above.length; index += 1) {
      if (this.#above[index] === value) return '[Circular]'
    }
    if (this.#left <= 0 || this.#chars <= 0) return '…'
    push(this.#above, value)
    const text = this.#object(value, depth)
    this.#above.length -= 1
    return text
  }

  #object(value: object, depth: number): string {
    const deep = depth >= MAX_DEPTH
    if (isArray(value)) return deep ? `[${value.length} items]` : this.#array(value, depth)
    const name = className(value)
    switch (kindOf(value)) {
      case 'date':
        return isNotANumber(dateTime(value as Date)) ? 'Invalid Date' : dateIso(value as Date)
      case 'regexp':
        return `/${regexpSource(value)}/${regexpFlags(value)}`
      case 'error': {
        const fields = errorFields(value)
        return `[${fields.name}: ${fields.message}]`
      }
      case 'promise':
        return 'Promise {…}'
      case 'buffer':
        return `${name} (${bufferBytes(value)} bytes)`
      case 'bytes':
        return this.#typedArray(value)
      case 'map':
        return deep ? `${name} (${mapSize(value)})` : this.#map(value, name, depth)
      case 'set':
        return deep ? `${name} (${setSize(value)})` : this.#set(value, name, depth)
      default:
        return deep ? `${name === '' ? 'Object' : name} {…}` : this.#fields(value, name, depth)
    }
  }

  /** Shows the parts of one value until a limit is reached. `at` returns undefined to skip a part. */
  #parts(count: number, at: (index: number) => string | undefined): List<string> {
    const parts: List<string> = list()
    for (let index = 0; index < count; index += 1) {
      if (this.#left <= 0 || this.#chars <= 0 || parts.length >= MAX_ITEMS) {
        push(parts, `… ${count - index} more`)
        break
      }
      const part = at(index)
      if (part !== undefined) push(parts, part)
    }
    return parts
  }

  #array(value: unknown[], depth: number): string {
    const parts = this.#parts(value.length, (index) => {
      const item = getDescriptor(value, toText(index))
      return item === undefined ? 'empty' : this.#property(item, depth)
    })
    const name = className(value)
    return wrap(name === 'Array' ? '[' : `${name} [`, parts, ']', depth)
  }

  #property(item: Descriptor, depth: number): string {
    if (item.get !== undefined || item.set !== undefined) return '[getter]'
    return this.show(item.value, depth + 1)
  }

  #typedArray(value: object): string {
    const items = value as unknown as { [index: number]: number | bigint }
    const parts = this.#parts(typedArrayLength(value), (index) => this.show(items[index], 1))
    return wrap(`${typedArrayName(value)}(${typedArrayLength(value)}) [`, parts, ']', 0)
  }

  #map(value: object, name: string, depth: number): string {
    // forEach cannot stop early, so `firstOf` leaves it with an exception.
    const parts: List<string> = list()
    firstOf(
      (visit) => eachEntry(value, visit),
      (item, key) => {
        if (this.#left <= 0 || this.#chars <= 0 || parts.length >= MAX_ITEMS) return false
        push(parts, `${this.show(key, depth + 1)} => ${this.show(item, depth + 1)}`)
        return true
      },
    )
    if (parts.length < mapSize(value)) push(parts, `… ${mapSize(value) - parts.length} more`)
    return wrap(`${name}(${mapSize(value)}) {`, parts, '}', depth)
  }

  #set(value: object, name: string, depth: number): string {
    const parts: List<string> = list()
    firstOf(
      (visit) => eachItem(value, visit),
      (item) => {
        if (this.#left <= 0 || this.#chars <= 0 || parts.length >= MAX_ITEMS) return false
        push(parts, this.show(item, depth + 1))
        return true
      },
    )
    if (parts.length < setSize(value)) push(parts, `… ${setSize(value) - parts.length} more`)
    return wrap(`${name}(${setSize(value)}) {`, parts, '}', depth)
  }

  #fields(value: object, name: string, depth: number): string {
    const keys = ownKeys(value)
    const parts = this.#parts(keys.length, (index) => {
      const key = keys[index] as PropertyKey
      const field = getDescriptor(value, key)
      if (field === undefined || field.enumerable !== true) return undefined
      return `${keyText(key)}: ${this.#property(field, depth)}`
    })
    const head = name === '' || name === 'Object' ? '{' : `${name} {`
    return wrap(head, parts, '}', depth)
  }
}

const STOP = {}

function firstOf(
  each: (visit: (item: unknown, key?: unknown) => void) => void,
  take: (item: unknown, key?: unknown) => boolean,
): void {
  try {
    each((item, key) => {
      if (!take(item, key)) throw STOP
    })
  } catch (error) {
    if (error !== STOP) throw error
  }
}

function primitive(value: unknown): string {
  if (typeof value === 'bigint') return `${cut(bigintText(value), MAX_STRING)}n`
  if (typeof value === 'symbol') return symbolText(value)
  return is(value, -0) ? '-0' : toText(value)
}

function functionName(value: unknown): string {
  const name = dataOf(value as object, 'name')
  const source = isProxy(value as object) ? '' : functionText(value as () => void)
  const kind = indexOf(source, 'class') === 0 ? 'class' : 'function'
  return typeof name === 'string' && name !== '' ? `[${kind} ${cut(name, 100)}]` : `[${kind}]`
}

/** The name of an object's constructor. Runs no getter. */
export function className(value: object): string {
  for (let at = getPrototype(value); at !== null; at = getPrototype(at)) {
    if (isProxy(at)) return 'Object'
    const made = dataOf(at, 'constructor')
    if (typeof made !== 'function' || isProxy(made)) continue
    const name = dataOf(made, 'name')
    return typeof name === 'string' ? cut(name, 100) : ''
  }
  return ''
}

function keyText(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${symbolText(key)}]`
  const text = toText(key)
  return regexpExec(IDENTIFIER, text) !== null ? text : quote(cut(text, 200))
}

/** Joins the parts of a value on one line if they fit, else on one line each. */
function wrap(open: string, parts: List<string>, close: string, depth: number): string {
  if (parts.length === 0) return `${open}${close}`
  let length = open.length + close.length
  let broken = false
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as string
    length += part.length + 2
    if (indexOf(part, '\n') >= 0) broken = true
  }
  const brace = close === '}'
  if (!broken && length <= MAX_LINE - depth * 2) {
    return brace ? `${open} ${join(parts, ', ')} ${close}` : `${open}${join(parts, ', ')}${close}`
  }
  const indent = `\n${spaces(depth + 1)}`
  return `${open}${indent}${join(parts, `,${indent}`)}\n${spaces(depth)}${close}`
}

function spaces(depth: number): string {
  let text = ''
  for (let index = 0; index < depth; index += 1) text += '  '
  return text
}
