import { fromMark } from './from-mark.ts'
import { readString } from './read-string.ts'

/** As many as the guest's encoder lets through, and then some. */
const MAX_VALUES = 250_000
const VALUES_A_PIECE = 500

interface Open {
  list: unknown[] | undefined
  fields: Record<string, unknown>
  key: string
  /** The list of a mark: `{"$": […]}`. */
  isMark: boolean
  /** The fields of `["object", {…}]`: `$` is a key like any other there. */
  isRaw: boolean
}

/**
 * Encoded text to its value, with a stop every few hundred values. The same results as the contract's
 * `decodeValue`, which is tested against it.
 */
export function* decodeInPieces(text: string): Generator<void, unknown> {
  const open: Open[] = []
  let at = 0
  let count = 0
  const fail = (): never => {
    throw new SyntaxError(`not encoded text at character ${at}`)
  }
  const skip = () => {
    for (let code = text.charCodeAt(at); code === 32 || code === 10 || code === 13 || code === 9; ) {
      at += 1
      code = text.charCodeAt(at)
    }
  }
  for (;;) {
    count += 1
    if (count > MAX_VALUES) throw new RangeError(`encoded text with more than ${MAX_VALUES} values`)
    if (count % VALUES_A_PIECE === 0) yield
    skip()
    let value: unknown
    const code = text.charCodeAt(at)
    const above = open.at(-1)
    if (code === 0x5b || code === 0x7b) {
      at += 1
      const isList = code === 0x5b
      const made: Open = {
        list: isList ? [] : undefined,
        fields: {},
        key: '',
        isMark:
          isList && above !== undefined && above.list === undefined && above.key === '$' && !above.isRaw,
        isRaw: !isList && above?.isMark === true && above.list?.length === 1 && above.list[0] === 'object',
      }
      skip()
      if (text.charCodeAt(at) !== (isList ? 0x5d : 0x7d)) {
        open.push(made)
        if (!isList) readKey(made)
        continue
      }
      at += 1
      value = isList ? made.list : made.fields
    } else if (code === 0x22) {
      const read = yield* readString(text, at)
      value = read.value
      at = read.end
    } else value = readPlain()

    // The value is whole: it goes into what is open, which may be whole with it.
    for (;;) {
      const into = open.at(-1)
      skip()
      if (into === undefined) return at === text.length ? value : fail()
      put(into, value)
      const next = text.charCodeAt(at)
      at += 1
      if (next === 0x2c) {
        if (into.list === undefined) readKey(into)
        break
      }
      if (next !== (into.list === undefined ? 0x7d : 0x5d)) fail()
      open.pop()
      value = close(into)
    }
  }

  function readKey(into: Open): void {
    skip()
    const end = closingQuote(text, at)
    if (text.charCodeAt(at) !== 0x22 || end < 0) fail()
    into.key = JSON.parse(text.slice(at, end + 1))
    at = end + 1
    skip()
    if (text.charCodeAt(at) !== 0x3a) fail()
    at += 1
  }

  function readPlain(): unknown {
    PLAIN.lastIndex = at
    const found = PLAIN.exec(text)?.[0]
    if (found === undefined) return fail()
    at += found.length
    return JSON.parse(found)
  }
}

const PLAIN = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function put(into: Open, value: unknown): void {
  if (into.list !== undefined) into.list.push(value)
  else if (into.key !== '__proto__') into.fields[into.key] = value
}

function close({ list, fields, isRaw }: Open): unknown {
  if (list !== undefined) return list
  return !isRaw && Array.isArray(fields.$) ? fromMark(fields.$) : fields
}

function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return at
  }
  return -1
}
