import { findOutsideLiterals } from './find-outside-literals.ts'

const INVENTED = /(?<=^|\n)[ \t]*(?:\*\*)?(?:Observations?|Output|Result of the code)(?:\*\*)?:/

/**
 * Cuts a reply where the model starts to invent the result of its action. In code, looks only outside of strings and
 * templates.
 */
export function cutObservation(text: string): { text: string; invented: boolean } {
  const at = findInvented(text)
  return at < 0 ? { text, invented: false } : { text: text.slice(0, at).trimEnd(), invented: true }
}

function findInvented(text: string): number {
  // Prose has apostrophes and backticks too, so literals count only from the first block on.
  const code = /<code>|```/.exec(text)?.index ?? text.length
  const inProse = INVENTED.exec(text.slice(0, code))
  return inProse ? inProse.index : findOutsideCode(text, code)
}

/** Skips blocks. Between and after them, a line that starts with `Observation:` is invented. */
function findOutsideCode(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const tag = text.startsWith('<code>', at)
    const opening = tag ? '<code>'.length : (/^```[^\n]*\n?/.exec(text.slice(at))?.[0].length ?? 3)
    const close = findOutsideLiterals(text, tag ? /<\/code>/ : /(?<=\n[ \t]*)```/, at + opening)
    // The block is not closed, so the invented observation may be inside it, outside of literals.
    if (close < 0) return findOutsideLiterals(text, INVENTED, at + opening)
    const end = close + (tag ? '</code>'.length : 3)
    const next = /<code>|```/.exec(text.slice(end))
    const until = next ? end + next.index : text.length
    const found = INVENTED.exec(text.slice(end, until))
    if (found) return end + found.index
    at = until
  }
  return -1
}
