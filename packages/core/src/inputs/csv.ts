import { pipeline } from 'node:stream'
// Without zod: the process of a query loads this module.
import { errorText, InputError } from '@bailiwick/contract/world'
import { CsvError, type Options, parse } from 'csv-parse'
import { parse as parseText } from 'csv-parse/sync'

/** Characters of a text that are parsed at a time. */
const CHUNK = 64 * 1024

/**
 * Reads the records of CSV one by one, so that a file larger than memory can be read. Quotes follow RFC 4180; lines may
 * end with LF, CRLF or CR; blank lines are skipped; blanks around a cell are dropped unless they are quoted. Records may
 * differ in length.
 *
 * @param source text, or pieces of text or of UTF-8
 * @param delimiter one character; `guessDelimiter` finds it
 * @throws InputError that names the row with a misplaced or unclosed quote
 * @example
 * for await (const cells of csvRecords('a,b\n1,2\n', ',')) console.log(cells) // ['a', 'b'], then ['1', '2']
 */
export async function* csvRecords(
  source: string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  delimiter: string,
): AsyncGenerator<string[]> {
  const parser = parse(options(delimiter))
  // The loop throws the parser's error, so the callback has nothing to do.
  pipeline(typeof source === 'string' ? chunks(source) : source, parser, () => {})
  try {
    for await (const record of parser) yield record
  } catch (error) {
    throw readError(error)
  }
}

/**
 * Reads the records of a text that is in memory, without waiting. Reads what `csvRecords` reads.
 *
 * @throws InputError as `csvRecords` does, after the records before the faulty row
 */
export function eachCsvRecord(text: string, delimiter: string, onRecord: (record: string[]) => void): void {
  try {
    parseText(text, {
      ...options(delimiter),
      on_record: (record: string[]) => {
        onRecord(record)
        // The parser keeps no record for which it gets null.
        return null
      },
    })
  } catch (error) {
    throw readError(error)
  }
}

/** The most frequent delimiter of the first line, outside quotes: comma, semicolon, tab or bar. */
export function guessDelimiter(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/)).replaceAll(/"[^"]*"/g, '')
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({
    delimiter,
    count: line.split(delimiter).length,
  }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

function options(delimiter: string): Options {
  return {
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  }
}

function* chunks(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = start + CHUNK
    // A chunk must not end between the two halves of a surrogate pair.
    const next = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end + 1 : end
    yield text.slice(start, next)
    start = next
  }
}

function readError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error
  const row = error.records === 0 ? 'the header' : `row ${error.records}`
  const problem =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'expected a closing quote, found the end of the file'
      : error.code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE'
        ? 'expected a delimiter or a line break after a closing quote, found other text'
        : errorText(error)
  return new InputError(`${row}: ${problem}`, { cause: error })
}
