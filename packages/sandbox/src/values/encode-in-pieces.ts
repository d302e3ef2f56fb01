import { EncodedText, encodeValue, RegExpLiteral } from '@bailiwick/contract/world'

const VALUES_PER_PIECE = 500
/** A piece ends after this many characters. A BigInt of 10,000 digits takes as long as 500 short values. */
const CHARS_PER_PIECE = 8_192

/** A value of a container, and the text before it. */
interface Part {
  text: string
  value: unknown
  /** Where the value is in its container, for an error message. */
  place(): string
}

/** A container whose parts are being written. */
interface Container {
  value: object
  /** The next part, or undefined after the last one. */
  next(): Part | undefined
  /** The text after the last part. */
  end: string
  place(): string
}

/**
 * Encodes a value as the contract's `encodeValue` does, pauses every few hundred values, and stops at the limit. Its
 * tests compare the results with those of `encodeValue`.
 *
 * @throws RangeError beyond `maxChars`; TypeError with the path of an object that contains itself
 */
export function* encodeInPieces(value: unknown, maxChars: number): Generator<void, string> {
  if (value instanceof EncodedText) {
    if (value.text.length > maxChars) throw tooLong(maxChars)
    return value.text
  }
  const open: Container[] = []
  const above = new Set<object>()
  const pieces: string[] = []
  // A list, because V8 keeps a long concatenation as a tree, which it copies in one go when it is first read.
  let piece: string[] = []
  let pieceChars = 0
  let left = maxChars
  const put = (text: string): void => {
    piece.push(text)
    pieceChars += text.length
    left -= text.length
    if (left < 0) throw tooLong(maxChars)
  }
  let part: Part | undefined = { text: '', value, place: () => '' }
  for (;;) {
    if (piece.length >= 2 * VALUES_PER_PIECE || pieceChars > CHARS_PER_PIECE) {
      pieces.push(piece.join(''))
      piece = []
      pieceChars = 0
      yield
    }
    if (part !== undefined) {
      put(part.text)
      const container = containerOf(part)
      if (container === undefined) {
        if (leastChars(part.value) > left) throw tooLong(maxChars)
        put(encodeValue(part.value))
      } else {
        if (above.has(container.value)) {
          const path = [...open, container].map(({ place }) => place()).join('')
          throw new TypeError(`a value that contains itself cannot be sent: $${path}`)
        }
        above.add(container.value)
        open.push(container)
      }
    }
    const last = open.at(-1)
    if (last === undefined) break
    part = last.next()
    if (part !== undefined) continue
    put(last.end)
    above.delete(last.value)
    open.pop()
  }
  pieces.push(piece.join(''))
  return pieces.join('')
}

function tooLong(maxChars: number): RangeError {
  return new RangeError(`it is longer than ${maxChars} characters; ask for less`)
}

/** An array, a map, a set or an object with fields. Undefined for other values, which are written whole. */
function containerOf({ value, place }: Part): Container | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return list(value, value, ['[', ']'], place)
  if (value instanceof Map) return map(value, place)
  if (value instanceof Set) return list(value, value.values(), ['{"$":["set",[', ']]}'], place)
  const isWhole =
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof RegExpLiteral ||
    value instanceof Error ||
    ArrayBuffer.isView(value)
  return isWhole ? undefined : fields(value as Record<string, unknown>, place)
}

function list(
  value: object,
  items: readonly unknown[] | Iterator<unknown>,
  [begin, end]: [string, string],
  place: () => string,
): Container {
  let index = -1
  const partAt = (item: unknown): Part => {
    const at = index
    const inside = value instanceof Set ? () => `.item(${at})` : () => `[${at}]`
    return { text: at === 0 ? begin : ',', value: item, place: inside }
  }
  const next = (): Part | undefined => {
    index += 1
    if (Array.isArray(items)) return index < items.length ? partAt(items[index]) : undefined
    const found = (items as Iterator<unknown>).next()
    return found.done === true ? undefined : partAt(found.value)
  }
  const size = value instanceof Set ? value.size : (value as unknown[]).length
  return { value, next, end: size === 0 ? `${begin}${end}` : end, place }
}

function map(value: ReadonlyMap<unknown, unknown>, place: () => string): Container {
  const entries = value.entries()
  let index = -1
  let item: Part | undefined
  const next = (): Part | undefined => {
    if (item !== undefined) {
      const held = item
      item = undefined
      return held
    }
    const found = entries.next()
    if (found.done === true) return undefined
    index += 1
    const at = index
    item = { text: ',', value: found.value[1], place: () => `.get(${at})` }
    return { text: at === 0 ? '{"$":["map",[[' : '],[', value: found.value[0], place: () => `.key(${at})` }
  }
  return { value, next, end: value.size === 0 ? '{"$":["map",[]]}' : ']]]}', place }
}

function fields(value: Record<string, unknown>, place: () => string): Container {
  const isMark = Object.prototype.propertyIsEnumerable.call(value, '$')
  const keys = Object.keys(value)
  let index = -1
  let text = isMark ? '{"$":["object",{' : '{'
  const next = (): Part | undefined => {
    index += 1
    // A reader drops this key.
    if (keys[index] === '__proto__') index += 1
    const key = keys[index]
    if (key === undefined) return undefined
    const part = { text: `${text}${JSON.stringify(key)}:`, value: value[key], place: () => `.${key}` }
    text = ','
    return part
  }
  const end = isMark ? '}]}' : '}'
  const isEmpty = keys.every((key) => key === '__proto__')
  return { value, next, end: isEmpty ? `${text}${end}` : end, place }
}

/** The encoded text of a value that is written whole has at least this many characters. */
function leastChars(value: unknown): number {
  if (typeof value === 'string') return value.length
  return ArrayBuffer.isView(value) ? value.byteLength : 0
}
