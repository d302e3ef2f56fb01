/** Code found in a reply. `invented`: an observation that the model made up was cut off behind it. */
export interface FoundCode {
  blocks: string[]
  invented: boolean
}

const TAGGED = /<code>\s*\n?([\s\S]*?)(?:<\/code>|$)/gi
const FENCED = /^[ \t]*(`{3,}|~{3,})[ \t]*(\w*)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[`~]*[ \t]*$|$(?![\s\S]))/gm
const LANGUAGES = new Set(['', 'js', 'javascript', 'ts', 'typescript', 'mjs', 'jsx', 'tsx', 'node'])
const OBSERVATION = /^(?:Observation|Execution logs|Output)s?\s*:/im

/**
 * The code blocks of a reply: `<code>` first (unclosed allowed), then fences tagged as JavaScript,
 * TypeScript or nothing. Text after a line-initial "Observation:" outside of code is the model's own
 * invention; of several blocks only those before it count.
 */
export function findCode(reply: string): FoundCode {
  const found = spans(reply, TAGGED, (match) => match[1]) ?? spans(reply, FENCED, fencedCode) ?? []
  const outside = mask(reply, found)
  const invention = OBSERVATION.exec(outside)
  const kept = invention === null ? found : found.filter(({ start }) => start < invention.index)
  return {
    blocks: kept.map(({ code }) => unwrapFence(code).trim()).filter((code) => code !== ''),
    invented: invention !== null,
  }
}

interface Span {
  start: number
  end: number
  code: string
}

function spans(
  text: string,
  pattern: RegExp,
  codeOf: (match: RegExpExecArray) => string | undefined,
): Span[] | undefined {
  const found: Span[] = []
  for (const match of text.matchAll(pattern)) {
    const code = codeOf(match)
    if (code !== undefined) found.push({ start: match.index, end: match.index + match[0].length, code })
  }
  return found.length === 0 ? undefined : found
}

function fencedCode(match: RegExpExecArray): string | undefined {
  return LANGUAGES.has((match[2] ?? '').toLowerCase()) ? match[3] : undefined
}

/** A fence inside a `<code>` tag is packaging, not code. */
function unwrapFence(code: string): string {
  const match = /^\s*```\w*\s*\n([\s\S]*?)\n?```\s*$/.exec(code)
  return match?.[1] ?? code
}

function mask(text: string, found: Span[]): string {
  let masked = text
  for (const { start, end } of found)
    masked = masked.slice(0, start) + ' '.repeat(end - start) + masked.slice(end)
  return masked
}
