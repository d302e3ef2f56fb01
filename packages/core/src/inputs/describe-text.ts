import { cutText } from './describe-table.ts'

/** A text of up to so many characters is shown whole: reading it would take a step. */
const MAX_WHOLE_CHARS = 2_000
/** Characters of the beginning that the description of a longer one shows. */
const HEAD = 600
/** Characters that are searched for lines and headings. */
const MAX_SCANNED_CHARS = 2_000_000
/** Headings that a description lists. */
const MAX_HEADINGS = 40
/** Characters of one heading. */
const MAX_HEADING_CHARS = 100

/**
 * Describes a text: its size, its headings with the character at which each begins, and its beginning.
 *
 * @param size bytes of the whole text, if this is only its beginning
 */
export function describeText(text: string, size?: string): string {
  if (size === undefined && text.length <= MAX_WHOLE_CHARS) return `reads ${JSON.stringify(text)}`
  const about = size === undefined ? wholeSize(text) : `of ${size}, described by its beginning`
  const headings = describeHeadings(text.slice(0, MAX_SCANNED_CHARS))
  return `${about}${headings}; begins ${JSON.stringify(cutText(text, HEAD))}`
}

function wholeSize(text: string): string {
  const size = `${text.length} characters`
  if (text === '' || text.length > MAX_SCANNED_CHARS) return size
  return `${size}, ${text.replace(/\r?\n$|\r$/, '').split(/\r\n|\n|\r/).length} lines`
}

/** Headings of Markdown (outside code) and HTML, each with its place. */
function describeHeadings(text: string): string {
  const found = /<h[1-6][\s>]/i.test(text) ? htmlHeadings(text) : markdownHeadings(text)
  if (found.length === 0) return ''
  const shown = found
    .slice(0, MAX_HEADINGS)
    .map(({ words, at }) => `  ${cutText(words, MAX_HEADING_CHARS)} (${at})`)
  const left = found.length - shown.length
  if (left > 0) shown.push(`  and ${left} more headings that are left out here`)
  return `; headings (and the character where each begins):\n${shown.join('\n')}\n`
}

interface Heading {
  words: string
  at: number
}

function markdownHeadings(text: string): Heading[] {
  const found: Heading[] = []
  let fence: string | undefined
  let [previous, before] = [
    { line: '', at: 0 },
    { line: '', at: 0 },
  ]
  let at = 0
  for (const line of text.split(/(?<=\n)|(?<=\r)(?!\n)/)) {
    const plain = line.trim()
    const mark = /^(`{3,}|~{3,})/.exec(plain)?.[1]
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined
    else if (fence === undefined) {
      if (/^#{1,6}\s+\S/.test(plain)) found.push({ words: plain, at })
      // Three hyphens also end front matter, whose lines follow each other.
      else if (
        (/^={3,}$/.test(plain) || (/^-{3,}$/.test(plain) && previous.line === '')) &&
        /^[\p{L}\p{N}]/u.test(before.line)
      )
        found.push({ words: before.line, at: before.at })
    }
    previous = before
    before = { line: plain, at }
    at += line.length
  }
  return found
}

function htmlHeadings(text: string): Heading[] {
  return [...text.matchAll(/<(h[1-6])(?:\s[^<>]{0,500})?>([\s\S]{0,1000}?)<\/\1\s*>/gi)].map((match) => ({
    words: `${match[1]}: ${(match[2] ?? '')
      .replaceAll(/<[^<>]*>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim()}`,
    at: match.index,
  }))
}
