import { BadRequest } from '../errors/bad-request.ts'

/**
 * The records of delimiter-separated text after RFC 4180, one by one: quotes double inside quotes, line
 * breaks may stand in quotes, lines may end either way. Blank lines are skipped.
 *
 * @throws BadRequest that names the line of a quote that never closes.
 */
export function* csvRecords(text: string, delimiter: string): Generator<string[]> {
  let record: string[] = []
  let at = 0
  while (at < text.length) {
    const cell = text[at] === '"' ? quoted(text, at, delimiter) : bare(text, at, delimiter)
    record.push(cell.value)
    at = cell.end
    if (text[at] === delimiter) {
      at++
      // A delimiter at the very end is followed by one more, empty cell.
      if (at === text.length) record.push('')
      else continue
    }
    if (record.length > 1 || record[0] !== '') yield record
    record = []
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
  }
}

interface CellEnd {
  value: string
  /** Where the delimiter, the line break or the end of the text is. */
  end: number
}

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13]

function bare(text: string, start: number, delimiter: string): CellEnd {
  const stop = delimiter.charCodeAt(0)
  let end = start
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === stop || code === LINE_FEED || code === CARRIAGE_RETURN) break
  }
  return { value: text.slice(start, end).trim(), end }
}

function quoted(text: string, start: number, delimiter: string): CellEnd {
  let value = ''
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote === -1) throw new BadRequest(`line ${lineOf(text, start)}: a quote is opened and never closed`)
    value += text.slice(from, quote)
    if (text[quote + 1] !== '"') {
      // What stands between the closing quote and the delimiter belongs to the cell, as spreadsheets read it.
      const rest = bare(text, quote + 1, delimiter)
      return { value: value + rest.value, end: rest.end }
    }
    value += '"'
    from = quote + 2
  }
}

/** The delimiter that the first line speaks for: the most frequent one outside of quotes. */
export function guessDelimiter(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/)).replaceAll(/"[^"]*"/g, '')
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({
    delimiter,
    count: line.split(delimiter).length,
  }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\r|\n/).length
}
