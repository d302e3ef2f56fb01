import { decodeValue } from '@bailiwick/contract/world'

const VALUES_PER_PIECE = 500
const CHARS_PER_VALUE = 16
/** A guest's encoder nests values up to half as deep, and a map in a map takes four levels of text. */
const MAX_DEPTH = 10_000

interface Open {
  list: unknown[] | undefined
  fields: Record<string, unknown>
  key: string
  /** True for the list of a mark: `{"$": […]}`. */
  isMark: boolean
  /** True for the fields of `["object", {…}]`, in which `$` is an ordinary key. */
  isRaw: boolean
}

/**
 * Decodes encoded text and pauses every few hundred values. Its tests compare the results with those of the contract's
 * `decodeValue`.
 */
export function* decodeInPieces(text: string): Generator<void, unknown> {
  const open: Open[] = []
  let at = 0
  /** Work since the last pause, in values. */
  let work = 0
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
    work += 1
    if (work >= VALUES_PER_PIECE) {
      work = 0
      yield
    }
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
        if (open.length === MAX_DEPTH)
          throw new SyntaxError(`text that is nested deeper than ${MAX_DEPTH} levels`)
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
      // The digits of a BigInt, for example: reading 10,000 takes as long as 500 short values.
      work += read.value.length / CHARS_PER_VALUE
    } else value = readPlain()

    // The value is complete. Put it into the open list or object, which may now be complete too.
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

/** Decodes a mark whose parts are decoded already. The contract decodes the kinds whose parts are texts. */
function fromMark(mark: unknown[]): unknown {
  const [kind, first] = mark
  switch (kind) {
    case 'map':
      return new Map(first as [unknown, unknown][])
    case 'set':
      return new Set(first as unknown[])
    case 'object':
      return first
    default:
      return decodeValue(JSON.stringify({ $: mark }))
  }
}

const PIECE_CHARS = 65_536
const SLASH = 0x5c
const QUOTE = 0x22
/** The length of the longest escape, `\u0000`. A piece must not end inside an escape. */
const ESCAPE_CHARS = 6

/** Reads a string of any length from JSON text and pauses after each piece. */
function* readString(text: string, start: number): Generator<void, { value: string; end: number }> {
  let value = ''
  let at = start + 1
  for (;;) {
    const end = pieceEnd(text, at)
    if (end.found) {
      value += unescaped(text.slice(at, end.at))
      return { value, end: end.at + 1 }
    }
    if (end.at <= at) throw new SyntaxError('unterminated string')
    value += unescaped(text.slice(at, end.at))
    at = end.at
    yield
  }
}

/** Finds the closing quote, or else a place where a piece may end. */
function pieceEnd(text: string, start: number): { at: number; found: boolean } {
  const stop = Math.min(text.length, start + PIECE_CHARS)
  let at = start
  while (at < stop) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return { at, found: true }
    if (code === SLASH) {
      const width = text[at + 1] === 'u' ? ESCAPE_CHARS : 2
      if (at + width > stop) return { at: at === start ? stop : at, found: false }
      at += width
    } else at += 1
  }
  return { at: Math.min(at, text.length), found: false }
}

function unescaped(piece: string): string {
  return piece.includes('\\') ? JSON.parse(`"${piece}"`) : piece
}
