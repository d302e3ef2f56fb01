/** JSON inside other text, with the range it took, its fence included. */
export interface FoundJson {
  value: unknown
  start: number
  end: number
}

/** Bounds the search in noise: every opening bracket costs a pass over the rest. */
const MAX_BRACKETS = 100

const FENCE = /```[a-zA-Z]*\s*\n?([\s\S]*?)(?:```|$)/g

/**
 * The first JSON value in a text that is accepted: the whole text, then fenced blocks (an unclosed one
 * too), then whatever stands between balanced braces or brackets.
 */
export function findJson(text: string, accept: (value: unknown) => boolean): FoundJson | undefined {
  for (const { start, end, json } of candidates(text)) {
    const value = parse(json)
    if (value !== undefined && accept(value)) return { value, start, end }
  }
  return undefined
}

function* candidates(text: string): Generator<{ start: number; end: number; json: string }> {
  yield { start: 0, end: text.length, json: text }
  for (const match of text.matchAll(FENCE)) {
    yield { start: match.index, end: match.index + match[0].length, json: match[1] ?? '' }
  }
  let brackets = 0
  for (const match of text.matchAll(/[[{]/g)) {
    if (++brackets > MAX_BRACKETS) return
    const end = endOfValue(text, match.index)
    if (end !== undefined) yield { start: match.index, end, json: text.slice(match.index, end) }
  }
}

/** Where the bracket at `start` is closed again, strings aside. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0
  let inString = false
  for (let place = start; place < text.length; place++) {
    const character = text[place]
    if (inString) {
      if (character === '\\') place++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      depth--
      if (depth === 0) return place + 1
    }
  }
  return undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
