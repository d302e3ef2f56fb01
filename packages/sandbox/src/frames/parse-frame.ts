import type { GuestError } from '@bailiwick/contract/world'
import {
  MAX_CALLS,
  MAX_IMPORTS,
  MAX_LINES,
  MAX_TEXT_CHARS,
  type MadeCall,
  PART_CHARS,
  type StepEnd,
  type ToParent,
} from './frame.ts'

/** The characters of a world hash. */
const HASH_CHARS = 64
/** Fields of a call: id, name, arguments. */
const CALL_FIELDS = 3
/** Fields of a step's end without and with an error. */
const END_FIELDS = 5
const FAILED_FIELDS = 10

/**
 * Parses a line from a child, which the parent does not trust. Its cost grows with the length of the line only.
 *
 * @returns undefined if the line is not a frame, or holds more fields or longer texts than any frame has
 */
export function parseFrame(line: string): ToParent | undefined {
  const tab = line.indexOf('\t')
  const type = tab < 0 ? line : line.slice(0, tab)
  switch (type) {
    case 'ready':
      return tab < 0 ? { type } : undefined
    case 'turn':
      return parseTurn(line)
    case 'calls': {
      const calls = parseCalls(line, splitFields(line, MAX_CALLS * CALL_FIELDS), 0)
      return calls === undefined ? undefined : { type, calls }
    }
    case 'print': {
      const lines = asTexts(splitFields(line, MAX_LINES), Number.POSITIVE_INFINITY)
      return lines === undefined ? undefined : { type, lines }
    }
    case 'need': {
      const names = asTexts(splitFields(line, MAX_IMPORTS), MAX_TEXT_CHARS)
      return names === undefined ? undefined : { type, names }
    }
    case 'part': {
      const [text, ...more] = asTexts(splitFields(line, 1), PART_CHARS) ?? []
      return text === undefined || more.length > 0 ? undefined : { type, text }
    }
    case 'last':
      return parseLastTurn(splitFields(line, 2 + FAILED_FIELDS))
    case 'ended': {
      const end = parseEnd(splitFields(line, FAILED_FIELDS))
      return end === undefined ? undefined : { type, end }
    }
    default:
      return parseShort(type, splitFields(line, 2))
  }
}

/** Parses a frame of at most two short fields. */
function parseShort(type: string, fields: string[] | undefined): ToParent | undefined {
  if (fields === undefined) return undefined
  const [first = '', second = ''] = fields
  switch (type) {
    case 'opened': {
      if (first === '') return { type }
      const hash = asText(first, HASH_CHARS)
      return hash === undefined ? undefined : { type, hash }
    }
    case 'checkpoint': {
      const text = asText(first, PART_CHARS)
      const refused = second === '' ? undefined : asText(second, MAX_TEXT_CHARS)
      if (text === undefined || (refused === undefined && second !== '')) return undefined
      return { type, text, ...(refused !== undefined && { refused }) }
    }
    case 'refused': {
      const name = asText(first, MAX_TEXT_CHARS)
      const message = asText(second, MAX_TEXT_CHARS)
      return name === undefined || message === undefined ? undefined : { type, name, message }
    }
    case 'stopped': {
      const message = asText(second, MAX_TEXT_CHARS)
      if (message === undefined) return undefined
      if (first !== 'timeout' && first !== 'out-of-memory' && first !== 'crashed') return undefined
      return { type, reason: first, message }
    }
    default:
      return undefined
  }
}

function parseTurn(line: string): ToParent | undefined {
  const fields = splitFields(line, 2 + MAX_CALLS * CALL_FIELDS)
  const [cpu = '', wall = ''] = fields ?? []
  const cpuMs = asDuration(cpu)
  const wallMs = asDuration(wall)
  const calls = parseCalls(line, fields, 2)
  if (calls === undefined || cpuMs === undefined || wallMs === undefined) return undefined
  return { type: 'turn', cpuMs, wallMs, calls }
}

function parseLastTurn(fields: string[] | undefined): ToParent | undefined {
  const [cpu = '', wall = '', ...rest] = fields ?? []
  const cpuMs = asDuration(cpu)
  const wallMs = asDuration(wall)
  const end = parseEnd(rest)
  if (end === undefined || cpuMs === undefined || wallMs === undefined) return undefined
  return { type: 'turn', cpuMs, wallMs, calls: [], end }
}

function parseCalls(line: string, fields: string[] | undefined, from: number): MadeCall[] | undefined {
  if (fields === undefined || (fields.length - from) % CALL_FIELDS !== 0) return undefined
  const calls: MadeCall[] = []
  for (let at = from; at < fields.length; at += CALL_FIELDS) {
    const id = fields[at] ?? ''
    const name = fields[at + 1] ?? ''
    const args = fields[at + 2] ?? ''
    if (!CALL_ID.test(id) || name.length > MAX_TEXT_CHARS) return undefined
    calls.push({ id, name, args: ownText(args, line) })
  }
  return calls
}

const CALL_ID = /^\d{1,9}\.\d{1,9}$/
/** A text is copied if its line is this many times longer. */
const MAX_HELD_RATIO = 50

/** In V8, a slice keeps the whole text alive: a short argument must not keep a long line. */
function ownText(text: string, line: string): string {
  return text.length * MAX_HELD_RATIO < line.length ? Buffer.from(text).toString() : text
}

function parseEnd(fields: string[] | undefined): StepEnd | undefined {
  if (fields === undefined || (fields.length !== END_FIELDS && fields.length !== FAILED_FIELDS))
    return undefined
  const [chars = '', lines = '', shown = '', final = '', hash = '', ...failure] = fields
  const missingChars = asCount(chars)
  const missingLines = asCount(lines)
  const preview = asText(shown, Number.POSITIVE_INFINITY)
  if (preview === undefined || missingChars === undefined || missingLines === undefined) return undefined
  const end: StepEnd = { preview, missingChars, missingLines }
  if (final !== '' && !set(end, 'final', asText(final, PART_CHARS))) return undefined
  if (hash !== '' && !set(end, 'hash', asText(hash, HASH_CHARS))) return undefined
  if (failure.length > 0 && !set(end, 'error', parseError(failure))) return undefined
  return end
}

function parseError(fields: string[]): GuestError | undefined {
  const [first = '', second = '', row = '', position = '', shown = ''] = fields
  const name = asText(first, MAX_TEXT_CHARS)
  const message = asText(second, MAX_TEXT_CHARS)
  if (name === undefined || message === undefined) return undefined
  const error: GuestError = { name, message }
  if (row !== '' && !set(error, 'line', asCount(row))) return undefined
  if (position !== '' && !set(error, 'column', asCount(position))) return undefined
  if (shown !== '' && !set(error, 'excerpt', asText(shown, MAX_TEXT_CHARS))) return undefined
  return error
}

/** Sets a field unless its value is missing. Returns false if it is. */
function set<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): boolean {
  if (value === undefined) return false
  target[key] = value
  return true
}

/** The fields of a line after its type, or undefined if there are more than `most`. */
function splitFields(line: string, most: number): string[] | undefined {
  const fields: string[] = []
  let tab = line.indexOf('\t')
  while (tab >= 0) {
    if (fields.length === most) return undefined
    const next = line.indexOf('\t', tab + 1)
    fields.push(next < 0 ? line.slice(tab + 1) : line.slice(tab + 1, next))
    tab = next
  }
  return fields
}

function asTexts(fields: string[] | undefined, maxChars: number): string[] | undefined {
  if (fields === undefined) return undefined
  const texts: string[] = []
  for (const field of fields) {
    const text = asText(field, maxChars)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts
}

/** Parses a JSON string. Parsing anything else could cost much more than its length. */
function asText(field: string, maxChars: number): string | undefined {
  if (!field.startsWith('"')) return undefined
  try {
    const text = JSON.parse(field) as string
    return text.length <= maxChars ? text : undefined
  } catch {
    return undefined
  }
}

/** Parses microseconds as milliseconds. */
function asDuration(field: string): number | undefined {
  const count = asCount(field)
  return count === undefined ? undefined : count / 1_000
}

function asCount(field: string): number | undefined {
  return COUNT.test(field) ? Number(field) : undefined
}

const COUNT = /^\d{1,15}$/
