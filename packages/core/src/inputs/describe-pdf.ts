import { cutText } from './describe-table.ts'

/** Compressed object streams that are read, and the bytes that each may grow to. */
const MAX_STREAMS = 300
const MAX_INFLATED_BYTES = 2 ** 20
/** Bytes of all object streams together. */
const MAX_TOTAL_BYTES = 16 * 2 ** 20
/** Characters of a dictionary to either side of one of its keys. */
const MAX_DICTIONARY_CHARS = 10_000
/** Dictionaries that are read of each text. A file that looks like more has most of them in its pictures. */
const MAX_DICTIONARIES = 2_000
const MAX_TITLE_CHARS = 200

/**
 * The number of pages and the title of a PDF, as far as its bytes show them. Reads the page tree and the document
 * information, also in compressed object streams; no text.
 *
 * @param parts the whole file, or its beginning and its end
 */
export function describePdf(parts: readonly Uint8Array[]): { pages?: number; title?: string } {
  const raw = parts.map((part) =>
    Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1'),
  )
  const texts = [...raw, ...raw.flatMap((text) => [...objectStreams(text)])]
  const pages = pageCount(texts)
  // The strings of an encrypted file are not readable.
  const title = texts.some((text) => /\/Encrypt\s+\d+\s+\d+\s+R/.test(text))
    ? undefined
    : documentTitle(texts)
  return { ...(pages !== undefined && { pages }), ...(title && { title }) }
}

/** The root of the page tree counts all pages, and its branches count fewer. */
function pageCount(texts: readonly string[]): number | undefined {
  let most = 0
  for (const text of texts) {
    for (const { dictionary } of dictionaries(text, /\/Type\s*\/Pages(?![A-Za-z])/g)) {
      const count = Number(/\/Count\s+(\d+)/.exec(dictionary)?.[1] ?? 0)
      most = Math.max(most, count)
    }
  }
  if (most > 0) return most
  const linearized = Number(/\/Linearized[\s\S]{0,500}?\/N\s+(\d+)/.exec(texts[0] ?? '')?.[1] ?? 0)
  return linearized > 0 ? linearized : undefined
}

/** The title of the document information. Entries of the table of contents have titles too, but no such neighbours. */
function documentTitle(texts: readonly string[]): string | undefined {
  let found: string | undefined
  for (const text of texts) {
    for (const { index, dictionary } of dictionaries(text, /\/Title\s*(?=[(<])/g)) {
      if (!/\/(Producer|Creator|CreationDate|ModDate|Author)\b/.test(dictionary)) continue
      const title = pdfString(text.slice(index + '/Title'.length, index + 4_000).trimStart())
      if (title !== '') found = title
    }
  }
  if (found !== undefined) return cutText(found, MAX_TITLE_CHARS)
  const xmp = texts.map(
    (text) => /<dc:title>[\s\S]{0,500}?<rdf:li[^>]{0,200}>([^<]{1,1000})</.exec(text)?.[1],
  )
  const title = xmp.findLast((one) => one !== undefined)
  return title && cutText(Buffer.from(title, 'latin1').toString('utf8').trim(), MAX_TITLE_CHARS)
}

/** The dictionaries around what a pattern finds, and where it was found. */
function* dictionaries(text: string, pattern: RegExp): Generator<{ index: number; dictionary: string }> {
  let count = 0
  for (const { index } of text.matchAll(pattern)) {
    yield { index, dictionary: dictionaryAround(text, index) }
    count += 1
    if (count === MAX_DICTIONARIES) return
  }
}

const OPEN = '<'.charCodeAt(0)
const CLOSE = '>'.charCodeAt(0)

/** The innermost dictionary that a position is in. */
function dictionaryAround(text: string, position: number): string {
  const isPair = (at: number, code: number) =>
    text.charCodeAt(at) === code && text.charCodeAt(at + 1) === code
  let start = position
  const first = Math.max(0, position - MAX_DICTIONARY_CHARS)
  for (let depth = 0; start > first; start -= 1) {
    if (isPair(start - 2, CLOSE)) depth += 1
    else if (isPair(start - 2, OPEN) && depth-- === 0) break
    else if (!isPair(start - 2, OPEN)) continue
    start -= 1
  }
  let end = position
  const last = Math.min(text.length, position + MAX_DICTIONARY_CHARS)
  for (let depth = 0; end < last; end += 1) {
    if (isPair(end, OPEN)) depth += 1
    else if (isPair(end, CLOSE) && depth-- === 0) break
    else if (!isPair(end, CLOSE)) continue
    end += 1
  }
  return text.slice(start, end)
}

/** The texts of compressed object streams, which hold the dictionaries of newer files. */
function* objectStreams(text: string): Generator<string> {
  const { inflateSync } = process.getBuiltinModule('node:zlib')
  let [count, total] = [0, 0]
  for (const { index } of text.matchAll(/\/Type\s*\/ObjStm/g)) {
    if (count >= MAX_STREAMS || total >= MAX_TOTAL_BYTES) return
    count += 1
    const begin = /stream\r?\n/g
    begin.lastIndex = index
    const found = begin.exec(text)
    if (found === null || found.index - index > MAX_DICTIONARY_CHARS) continue
    const start = found.index + found[0].length
    const end = text.indexOf('endstream', start)
    try {
      const bytes = Buffer.from(text.slice(start, end < 0 ? undefined : end), 'latin1')
      const inflated = inflateSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }).toString('latin1')
      total += inflated.length
      yield inflated
    } catch {
      // It is encrypted, cut off, too large or compressed in another way. The other streams may say more.
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** A string of a PDF: `(text)` with escapes, or `<hexadecimal>`; UTF-16 if it has that mark. */
function pdfString(text: string): string {
  const bytes = text.startsWith('(') ? literal(text) : (/^<([\dA-Fa-f\s]*)>/.exec(text)?.[1] ?? '')
  const buffer = text.startsWith('(')
    ? Buffer.from(bytes, 'latin1')
    : Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')
  const decoded =
    buffer[0] === 0xfe && buffer[1] === 0xff
      ? new TextDecoder('utf-16be').decode(buffer)
      : buffer[0] === 0xef && buffer[1] === 0xbb
        ? new TextDecoder().decode(buffer)
        : new TextDecoder('windows-1252').decode(buffer)
  return decoded.replaceAll(/\s+/g, ' ').trim()
}

function literal(text: string): string {
  let [made, depth] = ['', 0]
  for (let at = 1; at < text.length; at += 1) {
    const letter = text[at] ?? ''
    if (letter === '\\') {
      const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0]
      const next = text[at + 1] ?? ''
      made +=
        octal === undefined ? (ESCAPES[next] ?? next) : String.fromCharCode(Number.parseInt(octal, 8) & 255)
      at += octal?.length ?? 1
      continue
    }
    if (letter === '(') depth += 1
    if (letter === ')' && depth-- === 0) break
    made += letter
  }
  return made
}
