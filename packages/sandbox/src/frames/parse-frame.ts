import { type GuestError, parseJson } from '@bailiwick/contract/world'
import type { MadeCall, StepEnd, ToParent } from './frame.ts'
import { CALLS, TURN } from './frame-line.ts'

type Fields = Record<string, unknown>

/**
 * Parses a line from a child, which the parent does not trust: checks and copies every known field and drops all
 * others. Returns undefined if the line is not a frame.
 */
export function parseFrame(line: string): ToParent | undefined {
  if (line.startsWith(TURN)) return parseTurnLine(line)
  if (line.startsWith(CALLS)) {
    const calls = parseCalls(line, line.split('\t'), 1)
    return calls === undefined ? undefined : { type: 'calls', calls }
  }
  const raw = parseObject(line)
  if (raw === undefined) return undefined
  switch (raw.type) {
    case 'ready':
      return { type: raw.type }
    case 'opened':
      return typeof raw.hash === 'string'
        ? { type: 'opened', hash: raw.hash.slice(0, 64) }
        : { type: 'opened' }
    case 'checkpoint':
      return parseCheckpoint(raw)
    case 'need':
    case 'print': {
      const texts = asTexts(raw.type === 'need' ? raw.names : raw.lines)
      if (texts === undefined) return undefined
      return raw.type === 'need' ? { type: 'need', names: texts } : { type: 'print', lines: texts }
    }
    case 'refused': {
      const { name, message } = raw
      if (typeof name !== 'string' || typeof message !== 'string') return undefined
      return { type: 'refused', name, message }
    }
    case 'part':
      return typeof raw.text === 'string' ? { type: 'part', text: raw.text } : undefined
    case 'turn':
      return parseTurn(raw)
    case 'ended': {
      const end = parseEnd(raw.end)
      return end === undefined ? undefined : { type: 'ended', end }
    }
    case 'stopped':
      return parseStopped(raw)
    default:
      return undefined
  }
}

function parseObject(line: string): Fields | undefined {
  const raw = parseJson(line)
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Fields) : undefined
}

function parseCheckpoint({ text, refused }: Fields): ToParent | undefined {
  if (typeof text !== 'string') return undefined
  if (typeof refused !== 'string') return { type: 'checkpoint', text }
  return { type: 'checkpoint', text, refused: refused.slice(0, 500) }
}

function parseTurnLine(line: string): ToParent | undefined {
  const fields = line.split('\t')
  const cpuMs = Number(fields[1]) / 1_000
  const wallMs = Number(fields[2]) / 1_000
  const calls = parseCalls(line, fields, 3)
  if (calls === undefined || !isDuration(cpuMs) || !isDuration(wallMs)) return undefined
  return { type: 'turn', cpuMs, wallMs, calls }
}

function parseCalls(line: string, fields: string[], from: number): MadeCall[] | undefined {
  const calls: MadeCall[] = []
  for (let at = from; at < fields.length; at += 3) {
    const id = fields[at] ?? ''
    const args = fields[at + 2]
    if (args === undefined || !CALL_ID.test(id)) return undefined
    calls.push({ id, name: fields[at + 1] ?? '', args: ownText(args, line) })
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

/** Parses a turn that ends its step. Other turns are not JSON. */
function parseTurn({ cpuMs, wallMs, end: rawEnd }: Fields): ToParent | undefined {
  if (!isDuration(cpuMs) || !isDuration(wallMs)) return undefined
  const end = parseEnd(rawEnd)
  return end === undefined ? undefined : { type: 'turn', cpuMs, wallMs, calls: [], end }
}

function parseStopped({ reason, message }: Fields): ToParent | undefined {
  if (reason !== 'timeout' && reason !== 'out-of-memory' && reason !== 'crashed') return undefined
  return { type: 'stopped', reason, message: typeof message === 'string' ? message : '' }
}

function parseEnd(value: unknown): StepEnd | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { preview, missingChars, missingLines, final, hash, error } = value as Fields
  if (typeof preview !== 'string' || !isDuration(missingChars) || !isDuration(missingLines)) return undefined
  const end: StepEnd = { preview, missingChars, missingLines }
  if (typeof final === 'string') end.final = final
  if (typeof hash === 'string') end.hash = hash.slice(0, 64)
  if (error !== undefined) {
    const guestError = parseError(error)
    if (guestError === undefined) return undefined
    end.error = guestError
  }
  return end
}

function parseError(value: unknown): GuestError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, message, line, column, excerpt } = value as Fields
  if (typeof name !== 'string' || typeof message !== 'string') return undefined
  const error: GuestError = { name, message }
  if (isDuration(line)) error.line = line
  if (isDuration(column)) error.column = column
  if (typeof excerpt === 'string') error.excerpt = excerpt
  return error
}

function asTexts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
