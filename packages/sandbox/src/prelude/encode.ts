import { bytesToBase64 } from './base64.ts'
import { errorFields } from './error-text.ts'
import { kindOf } from './kind-of.ts'
import {
  Bytes,
  bigintText,
  dateTime,
  eachEntry,
  eachItem,
  getDescriptor,
  is,
  isArray,
  isEnumerable,
  isFiniteNumber,
  join,
  type List,
  list,
  ownKeys,
  push,
  quote,
  regexpFlags,
  regexpSource,
  toText,
  typedArrayBuffer,
  typedArrayBytes,
  typedArrayName,
  typedArrayOffset,
} from './primordials.ts'
import { isProxy } from './proxies.ts'

const MAX_DEPTH = 2_000
/** Limits the values in one text, because the host has to decode them. */
const MAX_VALUES = 200_000
/** As in the contract: the host would take too long to read a longer one. */
const MAX_BIGINT_DIGITS = 10_000
const BIGINT_LIMIT = 10n ** 10_000n

/**
 * Encodes a value as the contract's `encodeValue` does, within `limit` characters.
 *
 * @param awaited refuses promises, which would become empty objects
 * @throws RangeError, TypeError
 */
export function encodeWithin(value: unknown, limit: number, what: string, awaited = false): string {
  const encoder = new Encoder(limit, what, awaited)
  encoder.value(value)
  return encoder.text
}

class Encoder {
  text = ''
  readonly #limit: number
  readonly #what: string
  readonly #awaited: boolean
  readonly #above: List<unknown> = list()
  /** The path to the current value. It is written as text only if an error names it. */
  readonly #keys: List<string> = list()
  #left = MAX_VALUES

  constructor(limit: number, what: string, awaited: boolean) {
    this.#limit = limit
    this.#what = what
    this.#awaited = awaited
  }

  put(text: string): undefined {
    this.#mustFit(text.length)
    this.text += text
  }

  #mustFit(length: number): undefined {
    if (this.text.length + length > this.#limit) {
      throw new RangeError(`${this.#what} is longer than ${this.#limit} characters`)
    }
  }

  value(value: unknown): undefined {
    this.#left -= 1
    if (this.#left < 0) throw new RangeError(`${this.#what} holds more than ${MAX_VALUES} values`)
    if (value === null || value === true || value === false) return this.put(toText(value))
    if (typeof value === 'string') return this.string(value)
    if (typeof value === 'number') {
      if (isFiniteNumber(value) && !is(value, -0)) return this.put(toText(value))
      return this.put(`{"$":["number",${quote(is(value, -0) ? '-0' : toText(value))}]}`)
    }
    if (typeof value === 'bigint') {
      if (value >= BIGINT_LIMIT || value <= -BIGINT_LIMIT) {
        throw new RangeError(`${this.#what} holds a BigInt of more than ${MAX_BIGINT_DIGITS} digits`)
      }
      return this.put(`{"$":["bigint",${quote(bigintText(value))}]}`)
    }
    if (typeof value !== 'object') return this.put('{"$":["undefined"]}')
    this.object(value)
  }

  string(text: string): undefined {
    // Check the limit before quoting, which can make the text six times as long.
    this.#mustFit(text.length)
    this.put(quote(text))
  }

  object(value: object): undefined {
    const above = this.#above
    for (let index = 0; index < above.length; index += 1) {
      if (above[index] === value) {
        throw new TypeError(`a value that contains itself cannot be sent: ${this.#path()}`)
      }
    }
    if (above.length > MAX_DEPTH) throw new RangeError(`${this.#what} is nested too deeply`)
    push(above, value)
    this.#inner(value)
    above.length -= 1
  }

  /** Encodes a value inside the current one. */
  #part(value: unknown, key: string | number): void {
    if (typeof value === 'object' && value !== null) {
      push(this.#keys, typeof key === 'number' ? `[${key}]` : `.${key}`)
      this.value(value)
      this.#keys.length -= 1
    } else this.value(value)
  }

  #path(): string {
    return `$${join(this.#keys, '')}`
  }

  #inner(value: object): undefined {
    if (isProxy(value)) throw new TypeError(`a Proxy cannot be sent: ${this.#path()}`)
    if (isArray(value)) return this.#array(value)
    switch (kindOf(value)) {
      case 'date':
        return this.put(`{"$":["date",${quoteNumber(dateTime(value as Date))}]}`)
      case 'map':
        return this.#map(value)
      case 'set':
        return this.#set(value)
      case 'regexp':
        return this.put(`{"$":["regexp",${quote(regexpSource(value))},${quote(regexpFlags(value))}]}`)
      case 'error': {
        const { name, message } = errorFields(value)
        return this.put(`{"$":["error",${quote(name)},${quote(message)}]}`)
      }
      case 'bytes':
        return this.#bytes(value)
      case 'promise':
        if (this.#awaited) throw this.#unawaited()
        return this.#fields(value)
      default:
        return this.#fields(value)
    }
  }

  #unawaited(): TypeError {
    const where = this.#keys.length === 0 ? 'is a promise' : `holds a promise at ${this.#path()}`
    return new TypeError(`${this.#what} ${where}: missing await`)
  }

  #array(value: unknown[]): undefined {
    const { length } = value
    // Each hole costs characters. Check before walking a sparse array of 2**32-1 holes.
    this.#mustFit(length * 2)
    this.put('[')
    for (let index = 0; index < length; index += 1) {
      if (index > 0) this.put(',')
      this.#part(value[index], index)
    }
    this.put(']')
  }

  #map(value: object): undefined {
    let count = 0
    this.put('{"$":["map",[')
    eachEntry(value, (item, key) => {
      this.put(count > 0 ? ',[' : '[')
      this.#part(key, count)
      this.put(',')
      this.#part(item, count)
      this.put(']')
      count += 1
    })
    this.put(']]}')
  }

  #set(value: object): undefined {
    let count = 0
    this.put('{"$":["set",[')
    eachItem(value, (item) => {
      if (count > 0) this.put(',')
      this.#part(item, count)
      count += 1
    })
    this.put(']]}')
  }

  #bytes(value: object): undefined {
    const size = typedArrayBytes(value)
    this.#mustFit(size)
    const bytes = new Bytes(typedArrayBuffer(value), typedArrayOffset(value), size)
    this.put(`{"$":["bytes",${quote(typedArrayName(value) ?? '')},"${bytesToBase64(bytes)}"]}`)
  }

  #fields(value: object): undefined {
    const keys = ownKeys(value)
    const own = getDescriptor(value, '$') !== undefined && isEnumerable(value, '$')
    this.put(own ? '{"$":["object",{' : '{')
    let count = 0
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index]
      if (typeof key !== 'string' || !isEnumerable(value, key)) continue
      this.put(`${count > 0 ? ',' : ''}${quote(key)}:`)
      this.#part((value as Record<string, unknown>)[key], key)
      count += 1
    }
    this.put(own ? '}]}' : '}')
  }
}

function quoteNumber(value: number): string {
  return isFiniteNumber(value) ? toText(value) : 'null'
}
