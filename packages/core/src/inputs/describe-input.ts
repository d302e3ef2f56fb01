import { errorText, parseJson } from '@bailiwick/contract/world'
import { eachCsvRecord, guessDelimiter } from './csv.ts'
import { decodeText } from './decode-text.ts'
import { describeTable, isRow, MAX_ROWS_READ, type Row } from './describe-table.ts'
import { describeValue } from './describe-value.ts'

/** A file in memory: its text or its bytes, and its media type. */
export interface InputFile {
  text?: string
  bytes?: Uint8Array
  mediaType: string
}

/** Characters that are shown of a file that its media type describes wrongly. */
const HEAD = 200

/**
 * Describes an input for a prompt: its name, type and size, and a sample; a table (CSV, TSV, a list of objects) column
 * by column, with types and ranges. Shows the whole input only if it is tiny.
 *
 * @example
 * describeInput('sales', { text: 'region,sum\nnorth,12\n', mediaType: 'text/csv' })
 */
export function describeInput(name: string, value: unknown): string {
  return isFile(value) ? describeFile(name, value) : describeValue(name, value)
}

function describeFile(name: string, { text, bytes, mediaType }: InputFile): string {
  const size = bytes?.byteLength ?? Buffer.byteLength(text ?? '')
  const kind = `${name}: ${mediaType}, ${size} bytes`
  if (!/^text\/|json|csv|xml|yaml/.test(mediaType)) return kind
  const content = text ?? decodeText(bytes ?? new Uint8Array())
  const begins = `begins ${JSON.stringify(content.slice(0, HEAD))}`
  if (/json/.test(mediaType)) {
    const value = parseJson(content)
    return value === undefined ? `${kind}, not valid JSON; ${begins}` : describeValue(kind, value)
  }
  const isTsv = /tab-separated|tsv/.test(mediaType) || name.endsWith('.tsv')
  if (!isTsv && !/csv/.test(mediaType) && !name.endsWith('.csv')) return describeValue(kind, content)
  try {
    const table = describeCsv(content, isTsv ? '\t' : guessDelimiter(content))
    return table === undefined ? describeValue(kind, content) : `${kind}, ${table}`
  } catch (error) {
    return `${kind}, not a valid table (${errorText(error)}); ${begins}`
  }
}

/** The columns and first rows of CSV; undefined if it has no rows, or fewer than two columns. */
function describeCsv(text: string, delimiter: string): string | undefined {
  let header: string[] | undefined
  let size = 0
  const rows: Row[] = []
  eachCsvRecord(text, delimiter, (cells) => {
    if (header === undefined) {
      header = cells
      return
    }
    size += 1
    if (size > MAX_ROWS_READ) return
    rows.push(Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ''])))
  })
  return size === 0 || header === undefined || header.length < 2 ? undefined : describeTable(rows, size)
}

function isFile(value: unknown): value is InputFile {
  return isRow(value) && typeof value.mediaType === 'string' && ('text' in value || 'bytes' in value)
}
