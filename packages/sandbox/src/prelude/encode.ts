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

/** Encodes as the contract's `encodeValue` does, within `limit` characters. @throws RangeError, TypeError */
export function encodeWithin(value: unknown, limit: number, what: string): string {
  const encoder = new Encoder(limit, what)
  encoder.value(value, '$')
  return encoder.text
}

class Encoder {
  text = ''
  readonly #limit: number
  readonly #what: string
  readonly #above: List<unknown> = list()

  constructor(limit: number, what: string) {
    this.#limit = limit
    this.#what = what
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

  value(value: unknown, path: string): undefined {
    if (value === null || value === true || value === false) return this.put(toText(value))
    if (typeof value === 'string') return this.string(value)
    if (typeof value === 'number') {
      if (isFiniteNumber(value) && !is(value, -0)) return this.put(toText(value))
      return this.put(`{"$":["number",${quote(is(value, -0) ? '-0' : toText(value))}]}`)
    }
    if (typeof value === 'bigint') return this.put(`{"$":["bigint",${quote(bigintText(value))}]}`)
    if (typeof value !== 'object') return this.put('{"$":["undefined"]}')
    this.object(value, path)
  }

  string(text: string): undefined {
    // Quoting first would build up to six times the text before the limit is looked at.
    this.#mustFit(text.length)
    this.put(quote(text))
  }

  object(value: object, path: string): undefined {
    const above = this.#above
    for (let index = 0; index < above.length; index += 1) {
      if (above[index] === value) {
        throw new TypeError(`a value that contains itself cannot be sent: ${path}`)
      }
    }
    if (above.length > MAX_DEPTH) throw new RangeError(`${this.#what} is nested too deeply`)
    push(above, value)
    this.#inner(value, path)
    above.length -= 1
  }

  #inner(value: object, path: string): undefined {
    if (isProxy(value)) throw new TypeError(`a Proxy cannot be sent: ${path}`)
    if (isArray(value)) return this.#array(value, path)
    switch (kindOf(value)) {
      case 'date':
        return this.put(`{"$":["date",${quoteNumber(dateTime(value as Date))}]}`)
      case 'map':
        return this.#map(value, path)
      case 'set':
        return this.#set(value, path)
      case 'regexp':
        return this.put(`{"$":["regexp",${quote(regexpSource(value))},${quote(regexpFlags(value))}]}`)
      case 'error': {
        const { name, message } = errorFields(value)
        return this.put(`{"$":["error",${quote(name)},${quote(message)}]}`)
      }
      case 'bytes':
        return this.#bytes(value)
      default:
        return this.#fields(value, path)
    }
  }

  #array(value: unknown[], path: string): undefined {
    const { length } = value
    // A sparse array of 2**32-1 holes must not be walked: each hole costs characters.
    this.#mustFit(length * 2)
    this.put('[')
    for (let index = 0; index < length; index += 1) {
      if (index > 0) this.put(',')
      this.value(value[index], `${path}[${index}]`)
    }
    this.put(']')
  }

  #map(value: object, path: string): undefined {
    let count = 0
    this.put('{"$":["map",[')
    eachEntry(value, (item, key) => {
      this.put(count > 0 ? ',[' : '[')
      this.value(key, `${path}.key(${count})`)
      this.put(',')
      this.value(item, `${path}.get(${count})`)
      this.put(']')
      count += 1
    })
    this.put(']]}')
  }

  #set(value: object, path: string): undefined {
    let count = 0
    this.put('{"$":["set",[')
    eachItem(value, (item) => {
      if (count > 0) this.put(',')
      this.value(item, `${path}.item(${count})`)
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

  #fields(value: object, path: string): undefined {
    const keys = ownKeys(value)
    const own = getDescriptor(value, '$') !== undefined && isEnumerable(value, '$')
    this.put(own ? '{"$":["object",{' : '{')
    let count = 0
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index]
      if (typeof key !== 'string' || !isEnumerable(value, key)) continue
      this.put(`${count > 0 ? ',' : ''}${quote(key)}:`)
      this.value((value as Record<string, unknown>)[key], `${path}.${key}`)
      count += 1
    }
    this.put(own ? '}]}' : '}')
  }
}

function quoteNumber(value: number): string {
  return isFiniteNumber(value) ? toText(value) : 'null'
}
