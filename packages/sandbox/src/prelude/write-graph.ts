import { bytesToBase64 } from './base64.ts'
import type { Builtins } from './builtins.ts'
import { plainKind } from './kind-of.ts'
import { className } from './preview.ts'
import {
  Bytes,
  bigintText,
  bufferBytes,
  dateTime,
  eachEntry,
  eachItem,
  getDescriptor,
  is,
  isExtensible,
  isFiniteNumber,
  type List,
  list,
  MapClass,
  mapGet,
  mapSet,
  mapSize,
  ownKeys,
  push,
  quote,
  regexpFlags,
  regexpSource,
  setSize,
  toText,
  typedArrayBuffer,
  typedArrayBytes,
  typedArrayLength,
  typedArrayName,
} from './primordials.ts'
import { isProxy } from './proxies.ts'

/** Stands in place of a number for a buffer that was written within its view. */
const VIEWED = -1

/** The world cannot be written as text. */
export class NotPlainError extends Error {
  readonly #made = true

  /** Unlike `instanceof`, runs no `Symbol.hasInstance` of the guest. */
  static is(error: unknown): error is NotPlainError {
    return typeof error === 'object' && error !== null && #made in error
  }
}

/**
 * Writes named values and everything that they refer to as one text, from which `readGraph` restores them exactly,
 * including identity, the order of keys and holes. Refuses whatever cannot be restored: functions, classes, accessors,
 * promises, symbols, errors. Runs no guest code.
 */
export class GraphWriter {
  text = ''
  readonly #maxChars: number
  readonly #builtins: Builtins
  readonly #numbers = new MapClass()
  readonly #found: List<object> = list()
  /** The current root, and the root that led to each object. A refusal names them. */
  #name = ''
  readonly #roots: List<string> = list()

  /** @param maxChars the longest text to write, in characters */
  constructor(maxChars: number, builtins: Builtins) {
    this.#maxChars = maxChars
    this.#builtins = builtins
  }

  put(text: string): undefined {
    this.#mustFit(text.length)
    this.text += text
  }

  #mustFit(length: number): undefined {
    if (this.text.length + length > this.#maxChars) {
      throw new NotPlainError(`the world is longer than ${this.#maxChars} characters`)
    }
  }

  #refuse(what: string): never {
    throw new NotPlainError(`${this.#name} holds ${what}`)
  }

  /** Writes a root: its name and its value. */
  root(name: string, value: unknown): undefined {
    this.#name = name
    this.put(`[${quote(name)},`)
    this.#value(value)
    this.put(']')
  }

  /** Writes the contents of all objects found so far and of those that they refer to, in the order of their numbers. */
  objects(): undefined {
    this.put('[')
    for (let index = 0; index < this.#found.length; index += 1) {
      if (index > 0) this.put(',')
      this.#name = this.#roots[index] as string
      this.#object(this.#found[index] as object)
    }
    this.put(']')
  }

  #value(value: unknown): undefined {
    if (value === null || value === true || value === false) return this.put(toText(value))
    switch (typeof value) {
      case 'string':
        // Check the limit before quoting, which can make the text six times as long.
        this.#mustFit(value.length)
        return this.put(quote(value))
      case 'number':
        if (isFiniteNumber(value) && !is(value, -0)) return this.put(toText(value))
        return this.put(`["number","${is(value, -0) ? '-0' : toText(value)}"]`)
      case 'bigint':
        return this.put(`["bigint","${bigintText(value)}"]`)
      case 'undefined':
        return this.put('["undefined"]')
      case 'symbol':
        return this.#refuse('a symbol')
      default:
        return this.#reference(value as object)
    }
  }

  #reference(value: object): undefined {
    const builtin = this.#builtins.indexOf(value)
    if (builtin !== undefined) return this.put(`["builtin",${builtin}]`)
    let number = mapGet(this.#numbers, value) as number | undefined
    if (number === undefined) {
      number = this.#found.length
      mapSet(this.#numbers, value, number)
      push(this.#found, value)
      push(this.#roots, this.#name)
    }
    if (number === VIEWED) return this.#refuse('a buffer and a view of it')
    this.put(`[${number}]`)
  }

  #object(value: object): undefined {
    if (typeof value === 'function') return this.#refuse('a function or class')
    if (isProxy(value)) return this.#refuse('a Proxy')
    if (!isExtensible(value)) return this.#refuse('a frozen object')
    const kind = plainKind(value)
    if (kind === undefined) return this.#refuse(`a value that is not plain data (${className(value)})`)
    if (kind === 'array') return this.#array(value as unknown[])
    if (kind === 'date') return this.#date(value)
    if (kind === 'map') return this.#map(value)
    if (kind === 'set') return this.#set(value)
    if (kind === 'regexp') return this.#regexp(value)
    if (kind === 'bytes') return this.#bytes(value)
    this.#fields(kind, value)
  }

  #date(value: object): undefined {
    this.#mustHaveKeys(value, 0)
    this.put('["date",')
    this.#value(dateTime(value as Date))
    this.put(']')
  }

  #mustHaveKeys(value: object, count: number): undefined {
    if (ownKeys(value).length !== count) this.#refuse('an object with fields of its own')
  }

  #plain(value: object, key: PropertyKey): unknown {
    const field = getDescriptor(value, key)
    if (!field?.writable || !field.enumerable || !field.configurable) {
      return this.#refuse('an accessor, or a field that cannot be changed')
    }
    return field.value
  }

  #fields(kind: 'object' | 'bare', value: object): undefined {
    this.put(`["${kind}"`)
    const keys = ownKeys(value)
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index]
      if (typeof key !== 'string') return this.#refuse('a symbol')
      this.#mustFit(key.length)
      this.put(`,${quote(key)},`)
      this.#value(this.#plain(value, key))
    }
    this.put(']')
  }

  #array(value: unknown[]): undefined {
    const { length } = value
    // Each hole costs characters. Check before walking a sparse array of 2**32-1 holes.
    this.#mustFit(length * 2)
    if (!getDescriptor(value, 'length')?.writable) return this.#refuse('a frozen array')
    let items = 0
    this.put('["array"')
    for (let index = 0; index < length; index += 1) {
      this.put(',')
      const key = toText(index)
      if (getDescriptor(value, key) === undefined) this.put('["hole"]')
      else {
        items += 1
        this.#value(this.#plain(value, key))
      }
    }
    this.put(']')
    this.#mustHaveKeys(value, items + 1)
  }

  #map(value: object): undefined {
    this.#mustHaveKeys(value, 0)
    this.#mustFit(mapSize(value) * 4)
    this.put('["map"')
    eachEntry(value, (item, key) => {
      this.put(',')
      this.#value(key)
      this.put(',')
      this.#value(item)
    })
    this.put(']')
  }

  #set(value: object): undefined {
    this.#mustHaveKeys(value, 0)
    this.#mustFit(setSize(value) * 2)
    this.put('["set"')
    eachItem(value, (item) => {
      this.put(',')
      this.#value(item)
    })
    this.put(']')
  }

  #regexp(value: object): undefined {
    this.#mustHaveKeys(value, 1)
    const last = getDescriptor(value, 'lastIndex')
    if (!last?.writable || typeof last.value !== 'number') return this.#refuse('a changed regular expression')
    this.put(`["regexp",${quote(regexpSource(value))},${quote(regexpFlags(value))},`)
    this.#value(last.value)
    this.put(']')
  }

  #bytes(value: object): undefined {
    const size = typedArrayBytes(value)
    const buffer = typedArrayBuffer(value)
    this.#mustFit(size)
    this.#mustHaveKeys(value, typedArrayLength(value))
    // Two views of one buffer see each other's writes.
    if (bufferBytes(buffer) !== size || mapGet(this.#numbers, buffer) !== undefined) {
      return this.#refuse('several views of one buffer')
    }
    this.#mustHaveKeys(buffer, 0)
    mapSet(this.#numbers, buffer, VIEWED)
    this.put(`["bytes","${typedArrayName(value)}","${bytesToBase64(new Bytes(buffer, 0, size))}"]`)
  }
}
