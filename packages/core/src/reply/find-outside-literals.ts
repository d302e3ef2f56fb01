/** Templates that are nested deeper count as unclosed: only an attack on the parser has them. */
const MAX_NESTING = 50

/**
 * If a JavaScript string, template, comment or regular expression begins at `at`, returns the index after it;
 * otherwise returns `at`. An unclosed template extends to the end of the text, an unclosed quote to the end of its line.
 */
function skipLiteral(text: string, at: number, depth = 0): number {
  const first = text[at]
  if (first === '"' || first === "'") return skipQuoted(text, at, first)
  if (first === '`') return depth > MAX_NESTING ? text.length : skipTemplate(text, at, depth)
  if (first !== '/') return at
  if (text[at + 1] === '/') return endOr(text.indexOf('\n', at), text)
  if (text[at + 1] === '*') return endOr(text.indexOf('*/', at + 2), text, 2)
  return beginsRegex(text, at) ? skipRegex(text, at) : at
}

function endOr(found: number, text: string, length = 0): number {
  return found < 0 ? text.length : found + length
}

function skipQuoted(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1
    else if (text[i] === quote) return i + 1
    else if (text[i] === '\n') return at + 1 // An apostrophe in prose, not a string.
  }
  return at + 1
}

function skipTemplate(text: string, at: number, depth: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '`') return i + 1
    else if (text[i] === '$' && text[i + 1] === '{') i = skipBraces(text, i + 1, depth + 1) - 1
  }
  return text.length
}

function skipBraces(text: string, at: number, nested: number): number {
  let depth = 0
  for (let i = at; i < text.length; i += 1) {
    const after = skipLiteral(text, i, nested)
    if (after > i) i = after - 1
    else if (text[i] === '{') depth += 1
    else if (text[i] === '}') {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return text.length
}

/** Whether a slash begins a pattern: after an operator, an opening bracket or `return` it does; after a value it divides. */
function beginsRegex(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 16), at).trimEnd()
  return before === '' || /[(,=:[!&|?{};+*%<>~^-]$|\b(?:return|typeof|case|in|of)$/.test(before)
}

function skipRegex(text: string, at: number): number {
  let inClass = false
  for (let i = at + 1; i < text.length && text[i] !== '\n'; i += 1) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '[') inClass = true
    else if (text[i] === ']') inClass = false
    else if (text[i] === '/' && !inClass) return i + 1
  }
  return at
}

/**
 * Finds the first match of `pattern` outside of literals, from `from` on; -1 if there is none. If a template is not
 * closed, literals cannot be told from code, so the first match anywhere counts.
 */
export function findOutsideLiterals(text: string, pattern: RegExp, from: number): number {
  const sticky = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}y`)
  for (let i = from; i < text.length; i += 1) {
    sticky.lastIndex = i
    if (sticky.test(text)) return i
    const after = skipLiteral(text, i)
    if (after >= text.length && text[i] === '`' && !text.endsWith('`')) break
    if (after > i) i = after - 1
  }
  const global = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`)
  global.lastIndex = from
  return hasOpenTemplate(text, from) ? (global.exec(text)?.index ?? -1) : -1
}

function hasOpenTemplate(text: string, from: number): boolean {
  for (let i = from; i < text.length; i += 1) {
    const after = skipLiteral(text, i)
    if (text[i] === '`' && after >= text.length && !text.endsWith('`')) return true
    if (after > i) i = after - 1
  }
  return false
}
