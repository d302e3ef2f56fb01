import type { Json } from '@bailiwick/contract'

/** Characters looked at for brackets that open nothing: each of those costs a pass over the rest of the text. */
const PATIENCE = 2_000_000

/** Every JSON object or array in a text, outermost ones only, in order. Half ones are left out. */
export function findJson(text: string): Json[] {
  const found: Json[] = []
  let patience = PATIENCE
  for (let i = 0; i < text.length && patience > 0; i += 1) {
    if (text[i] !== '{' && text[i] !== '[') continue
    const end = balancedEnd(text, i)
    const value = end < 0 ? undefined : parse(text.slice(i, end))
    if (value === undefined) {
      patience -= (end < 0 ? text.length : end) - i
      continue
    }
    found.push(value)
    i = end - 1
  }
  return found
}

/** The text as one JSON value, a scalar too: as it is, in a fence, or the one object or array within. */
export function readJson(text: string): Json | undefined {
  const bare = text
    .trim()
    .replace(/^```\w*\s*\n?([\s\S]*?)\n?```$/, '$1')
    .trim()
  return parse(bare) ?? findJson(text)[0]
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    try {
      // The commonest slip: a comma before the closing bracket.
      return JSON.parse(text.replace(/,(\s*[}\]])/g, '$1'))
    } catch {
      return undefined
    }
  }
}

/** Where the bracket at `at` closes, counting brackets outside of strings; -1 where it never does. */
function balancedEnd(text: string, at: number): number {
  let depth = 0
  let quoted = false
  for (let i = at; i < text.length; i += 1) {
    const char = text[i]
    if (quoted) {
      if (char === '\\') i += 1
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return -1
}
