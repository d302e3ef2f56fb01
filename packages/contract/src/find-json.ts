import type { Json } from './json.ts'

/** JSON inside a longer text. `start` and `end` are string indexes; the fence around a fenced value is part of the range. */
export interface FoundJson {
  value: Json
  start: number
  end: number
}

/** Characters that one search may scan again: each bracket that opens no value costs a pass over the text after it. */
const MAX_RESCANNED = 2_000_000

const FENCE = /```[a-zA-Z]*\s*\n?([\s\S]*?)(?:```|$)/g

/**
 * Finds the first JSON object or array that `accept` returns true for. Tries the whole text, then fenced blocks
 * (the last one may be unclosed), then everything between balanced brackets, outer values before the values in
 * them. Tolerates a comma before a closing bracket.
 *
 * @example
 * const found = findJson('I call it: {"name": "search"}', (value) => 'name' in Object(value))
 * console.log(found?.value) // { name: 'search' }
 */
export function findJson(text: string, accept: (value: Json) => boolean): FoundJson | undefined {
  for (const { start, end, json } of wholeOrFenced(text)) {
    const value = parse(json)
    if (isContainer(value) && accept(value)) return { value, start, end }
  }
  return bracketed(text, accept).next().value
}

/** Finds every JSON object and array in a text, in order and outermost only. Skips those that are incomplete. */
export function findAllJson(text: string): Json[] {
  return Array.from(
    bracketed(text, () => true),
    ({ value }) => value,
  )
}

/**
 * Reads a text that should be one JSON value, scalars included: the bare value, a fenced one, or else the first
 * object or array in the text. Returns undefined if there is none, and also for `null`.
 *
 * @example
 * console.log(readJson('```json\n[1, 2,]\n```')) // [1, 2]
 */
export function readJson(text: string): Json | undefined {
  const bare = text
    .trim()
    .replace(/^```\w*\s*\n?([\s\S]*?)\n?```$/, '$1')
    .trim()
  return parse(bare) ?? bracketed(text, () => true).next().value?.value
}

function* wholeOrFenced(text: string): Generator<{ start: number; end: number; json: string }> {
  yield { start: 0, end: text.length, json: text }
  for (const match of text.matchAll(FENCE)) {
    yield { start: match.index, end: match.index + match[0].length, json: match[1] ?? '' }
  }
}

/** Yields accepted values between balanced brackets. Looks inside a value only if it is rejected or no JSON. */
function* bracketed(text: string, accept: (value: Json) => boolean): Generator<FoundJson, undefined> {
  let rescanned = 0
  for (let start = 0; start < text.length && rescanned < MAX_RESCANNED; start += 1) {
    if (text[start] !== '{' && text[start] !== '[') continue
    const end = endOfValue(text, start)
    const value = end === undefined ? undefined : parse(text.slice(start, end))
    if (end === undefined || value === undefined || !accept(value)) {
      rescanned += (end ?? text.length) - start
      continue
    }
    yield { value, start, end }
    start = end - 1
  }
}

function isContainer(value: Json | undefined): value is Json {
  return typeof value === 'object' && value !== null
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return JSON.parse(withoutTrailingCommas(text))
    } catch {
      return undefined
    }
  }
}

/** Matches strings too, so that a comma inside one is kept; an unclosed string runs to the end. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|,(?=\s*[}\]])/g, (match) => (match === ',' ? '' : match))
}

/** The index after the bracket that closes the one at `start`, brackets in strings aside. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0
  let inString = false
  for (let place = start; place < text.length; place += 1) {
    const character = text[place]
    if (inString) {
      if (character === '\\') place += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      if (depth === 0) return place + 1
    }
  }
  return undefined
}
