import { fromBase64, toBase64 } from './base64.ts'

/** The longest BigInt that can be encoded, decimal digits. Reading a longer one takes too long. */
export const MAX_BIGINT_DIGITS = 10_000
const BIGINT_LIMIT = 10n ** BigInt(MAX_BIGINT_DIGITS)

/**
 * A regular expression out of encoded text. It is not compiled: compiling one that a stranger wrote can take seconds.
 * Encoding it gives the same text as the regular expression itself, so guest code gets it back as a `RegExp`.
 */
export class RegExpLiteral {
  readonly source: string
  readonly flags: string

  constructor(source: string, flags: string) {
    this.source = source
    this.flags = flags
  }
}

/**
 * A value as encoded text that nobody has decoded, such as a long result on its way from a tool host to guest code.
 * {@link encodeValue} gives the text back.
 */
export class EncodedText {
  readonly text: string

  /** @throws SyntaxError if the text has line breaks or tabs, which encoded text never has */
  constructor(text: string) {
    if (/[\n\r\t]/.test(text))
      throw new SyntaxError('expected encoded text, found text with line breaks or tabs')
    this.text = text
  }
}

/**
 * Encodes a value as JSON without losing types. A value that JSON cannot represent becomes `{"$": [kind, data]}`. An
 * object with a key `$` becomes `{"$": ["object", …]}`.
 *
 * Kinds: `undefined`, `number` (NaN, Infinity, -Infinity, -0), `bigint`, `date`, `map`, `set`, `regexp`, `bytes` (typed
 * arrays, as `[name, base64]`), `error` (`[name, message]`), `object`. Functions and symbols become `undefined`.
 *
 * @throws TypeError with the path of an object that contains itself; RangeError for a BigInt of more than
 * {@link MAX_BIGINT_DIGITS} digits
 */
export function encodeValue(value: unknown): string {
  if (value instanceof EncodedText) return value.text
  return JSON.stringify(isPlain(value, 0) ? value : tag(value, { above: [], path: [] }))
}

/**
 * The inverse of {@link encodeValue}, except that a regular expression becomes a {@link RegExpLiteral}. Drops `__proto__`
 * keys. @throws SyntaxError on other text
 */
export function decodeValue(text: string): unknown {
  const value = JSON.parse(text)
  return isPlainText(text) ? value : untag(value)
}

/** Tells whether an encoded text is the JSON text of its value: it has no marks, and no keys that a reader drops. */
export function isPlainText(text: string): boolean {
  return !MARKED.test(text)
}

/** Also matches texts in which a key might be written with escapes. */
const MARKED = /"\$"|__proto__|\\u/

/** Values that are nested deeper do not count as plain. That includes values that contain themselves. */
const MAX_PLAIN_DEPTH = 2_000

/** Whether `JSON.stringify` gives the encoded text of a value. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth > MAX_PLAIN_DEPTH) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (!isPlain(value[index], depth + 1)) return false
    }
    return Object.getPrototypeOf(value) === Array.prototype
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  const fields = value as Record<string, unknown>
  for (const key in fields) {
    if (key === '$' || key === '__proto__' || !isPlain(fields[key], depth + 1)) return false
  }
  return true
}

type Tagged = null | boolean | number | string | Tagged[] | { [key: string]: Tagged }

const TYPED_ARRAYS = new Map(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((type) => [type.name, type]),
)

function mark(kind: string, ...data: Tagged[]): Tagged {
  return { $: [kind, ...data] }
}

/** The objects around a value, and the keys that lead to it. */
interface Place {
  above: object[]
  path: (string | number)[]
}

function tag(value: unknown, place: Place): Tagged {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : mark('number', Object.is(value, -0) ? '-0' : String(value))
  }
  if (typeof value === 'bigint') {
    if (value >= BIGINT_LIMIT || value <= -BIGINT_LIMIT) {
      throw new RangeError(`a BigInt of more than ${MAX_BIGINT_DIGITS} digits cannot be sent`)
    }
    return mark('bigint', String(value))
  }
  if (typeof value !== 'object') return mark('undefined')
  if (place.above.includes(value)) {
    const path = place.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    throw new TypeError(`a value that contains itself cannot be sent: $${path}`)
  }
  place.above.push(value)
  const tagged = tagObject(value, place)
  place.above.pop()
  return tagged
}

function tagAt(value: unknown, key: string | number, place: Place): Tagged {
  place.path.push(key)
  const tagged = tag(value, place)
  place.path.pop()
  return tagged
}

function tagObject(value: object, place: Place): Tagged {
  if (Array.isArray(value)) return Array.from(value, (item, index) => tagAt(item, index, place))
  if (Object.getPrototypeOf(value) === Object.prototype) return tagFields(value, place)
  if (value instanceof Date) return mark('date', value.getTime())
  if (value instanceof Map) {
    const entries = [...value].map(([key, item], index) => [
      tagAt(key, `key(${index})`, place),
      tagAt(item, `get(${index})`, place),
    ])
    return mark('map', entries)
  }
  if (value instanceof Set) {
    return mark(
      'set',
      [...value].map((item, index) => tagAt(item, `item(${index})`, place)),
    )
  }
  if (value instanceof RegExp || value instanceof RegExpLiteral)
    return mark('regexp', value.source, value.flags)
  if (value instanceof Error) return mark('error', value.name, value.message)
  if (ArrayBuffer.isView(value) && TYPED_ARRAYS.has(value.constructor.name)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return mark('bytes', value.constructor.name, toBase64(bytes))
  }
  return tagFields(value, place)
}

function tagFields(value: object, place: Place): Tagged {
  const tagged: { [key: string]: Tagged } = {}
  for (const [key, item] of Object.entries(value)) {
    // Assigning `__proto__` would set this object's prototype. A reader drops the key anyway.
    if (key !== '__proto__') tagged[key] = tagAt(item, key, place)
  }
  return Object.hasOwn(tagged, '$') ? mark('object', tagged) : tagged
}

function untag(value: Tagged): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(untag)
  if (Array.isArray(value.$)) return untagMarked(value.$)
  return untagFields(value)
}

function untagFields(fields: { [key: string]: Tagged }): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(fields)) if (key !== '__proto__') object[key] = untag(item)
  return object
}

function untagMarked([kind, ...data]: Tagged[]): unknown {
  const [first, second] = data
  switch (kind) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(first)
    case 'bigint':
      return bigintOf(String(first))
    case 'date':
      return new Date(first === null ? Number.NaN : Number(first))
    case 'map':
      return new Map(
        (first as Tagged[][]).map(([key, item]) => [untag(key as Tagged), untag(item as Tagged)]),
      )
    case 'set':
      return new Set((first as Tagged[]).map(untag))
    case 'regexp':
      return new RegExpLiteral(String(first), String(second))
    case 'error':
      return Object.assign(new Error(String(second)), { name: String(first) })
    case 'bytes': {
      const type = TYPED_ARRAYS.get(String(first))
      if (type === undefined) throw new SyntaxError(`unknown typed array ${String(first)}`)
      return new type(fromBase64(String(second)).buffer)
    }
    case 'object':
      return untagFields(first as { [key: string]: Tagged })
    default:
      throw new SyntaxError(`unknown kind of encoded value: ${String(kind)}`)
  }
}

function bigintOf(text: string): bigint {
  // One more character for the sign.
  if (text.length > MAX_BIGINT_DIGITS + 1)
    throw new SyntaxError(`a BigInt of more than ${MAX_BIGINT_DIGITS} digits`)
  return BigInt(text)
}
