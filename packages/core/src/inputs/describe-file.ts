import {
  errorText,
  fileAdvice,
  formatBytes,
  parseJson,
  type TableFormat,
  tableFormatOf,
} from '@bailiwick/contract/world'
import { typedCell } from './column-type.ts'
import { guessDelimiter } from './csv.ts'
import { decodeText, isText, markedEncoding } from './decode-text.ts'
import { imageSize, svgSize } from './describe-image.ts'
import { describePdf } from './describe-pdf.ts'
import { TableSummary } from './describe-table.ts'
import { describeText } from './describe-text.ts'
import { describeValue } from './describe-value.ts'
import { columnInSql } from './table-names.ts'
import { type RawRow, type TableParser, tableParser } from './table-parser.ts'

/** Bytes of the beginning of a file that a description is made from. */
export const MAX_READ_BYTES = 4 * 2 ** 20
/** Bytes of the end of a larger file that are read too, because a PDF has its table of contents there. */
export const MAX_END_BYTES = 2 ** 20
/** Bytes of the beginning and of the end that a process reads which serves many runs. */
const SHARED_READ_BYTES = 256 * 1024
/** Characters that are parsed at a time. */
const PIECE_CHARS = 64 * 1024

/** A file to describe: all of it, or the parts that a description needs. */
export interface FileBeginning {
  /** Name of the file. Its extension says how it is read, before its media type does. */
  file: string
  mediaType: string
  /** Bytes of the whole file. */
  size: number
  /** The whole file, or its first {@link MAX_READ_BYTES}. */
  beginning: Uint8Array
  /** The last bytes of a larger file. */
  end?: Uint8Array
}

/**
 * Describes a file for a prompt. A table (CSV, TSV, JSON, NDJSON): its columns as `queryTable` names and types them, with
 * ranges or the most frequent values, missing and different values, and two rows. A text: its headings and beginning.
 * A PDF: its pages and title. An image: its size in pixels. Takes the same time for a file of any size; says so if it
 * describes only the beginning.
 *
 * @param name the name of the input
 * @example
 * const beginning = new TextEncoder().encode('region,sum\nnorth,12\n')
 * describeFile('sales', { file: 'sales.csv', mediaType: 'text/csv', size: beginning.length, beginning })
 */
export function describeFile(name: string, about: FileBeginning): string {
  const { file, mediaType, size } = about
  const advice = fileAdvice({ name: file, mediaType, size })
  const kind = [file === name ? mediaType : `${file}, ${mediaType}`, formatBytes(size)].join(', ')
  return `${name}: ${kind}${advice === undefined ? '' : `; ${advice}`}${describeContent(about)}`
}

/**
 * Describes a stored file without its name, by its first and its last 256 KiB: at little cost, for a process that serves
 * many runs.
 *
 * @param open the bytes of the file, from this one on
 */
export async function describeStored(
  { name, mediaType, size }: { name: string; mediaType: string; size: number },
  open: (from: number) => AsyncIterable<Uint8Array>,
): Promise<string> {
  const read = async (from: number) => {
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of open(from)) {
      pieces.push(piece)
      bytes += piece.byteLength
      if (bytes >= SHARED_READ_BYTES) break
    }
    return Buffer.concat(pieces).subarray(0, SHARED_READ_BYTES)
  }
  const beginning = await read(0)
  const end = size > SHARED_READ_BYTES ? { end: await read(size - SHARED_READ_BYTES) } : {}
  return describeFile(name, { file: name, mediaType, size, beginning, ...end }).slice(`${name}: `.length)
}

function describeContent(about: FileBeginning): string {
  const { file, mediaType, size, beginning } = about
  if (size === 0) return ', empty'
  const image = imageSize(beginning)
  if (image !== undefined) return `, ${image.format}, ${image.width} × ${image.height} pixels`
  if (startsWith(beginning, '%PDF-')) {
    const { pages, title } = describePdf(about.end === undefined ? [beginning] : [beginning, about.end])
    const counted =
      pages === undefined ? 'its number of pages was not found' : pages === 1 ? '1 page' : `${pages} pages`
    return `, PDF, ${counted}${title === undefined ? '' : `, title ${JSON.stringify(title)}`}`
  }
  if (!isText(beginning)) return ''
  const isWhole = size <= beginning.byteLength
  const text = isWhole ? decodeText(beginning) : decodeBeginning(beginning)
  const svg = /svg/.test(mediaType) ? svgSize(text) : undefined
  if (svg !== undefined) return `, SVG, ${svg.width} × ${svg.height} pixels`
  const format = tableFormatOf({ name: file, mediaType })
  const whole = isWhole ? undefined : formatBytes(size)
  return format === undefined ? `; text ${describeText(text, whole)}` : describeTabular(text, format, about)
}

function describeTabular(text: string, format: TableFormat, { size, beginning }: FileBeginning): string {
  const isWhole = size <= beginning.byteLength
  const parser = tableParser(format)
  const summary = new TableSummary()
  const raw: RawRow[] = []
  const add = (rows: RawRow[]) => {
    for (const row of rows) {
      if (raw.length < 2) raw.push(row)
      summary.add(cellsOf(parser, format, row))
    }
  }
  try {
    for (let start = 0; start < text.length; start += PIECE_CHARS)
      add(parser.write(text.slice(start, start + PIECE_CHARS)))
    if (isWhole) add(parser.end())
  } catch (error) {
    const value = format === 'json' && isWhole ? parseJson(text) : undefined
    if (value !== undefined) return `, ${describeValue('JSON', value)}; no table: ${errorText(error)}`
    return `, not a valid table (${errorText(error)}); ${describeText(text, isWhole ? undefined : formatBytes(size))}`
  }
  const columns = parser.columns()
  // An object whose end was not read, or a header that is longer than the beginning.
  if (columns.length === 0 && !isWhole) return `, ${describeText(text, formatBytes(size))}`
  const rows = isWhole
    ? `${summary.size} rows`
    : `more than ${summary.size} rows (described by the first ${summary.size})`
  const delimiter = format === 'csv' ? guessDelimiter(text.slice(0, PIECE_CHARS)) : ','
  const separated = delimiter === ',' ? '' : `separated by ${delimiter === '\t' ? 'tabs' : delimiter}, `
  return `, ${separated}${summary.describe({
    names: columns.map((column) => columnInSql(column.name)),
    keys: columns.map((column) => column.name),
    types: columns.map(({ type }) => type),
    size: rows,
    ...(isCsv(format) && { shown: (cell, type) => typedCell(String(cell ?? ''), type) }),
  })}`
}

function isCsv(format: TableFormat): boolean {
  return format === 'csv' || format === 'tsv'
}

/** The cells of a row before they are typed, because later rows decide about the types. */
function cellsOf(parser: TableParser, format: TableFormat, row: RawRow): readonly unknown[] {
  return isCsv(format) ? (row as string[]) : parser.cells(row, [])
}

/** Decodes the beginning of a file, which may end in the middle of a character. */
function decodeBeginning(bytes: Uint8Array): string {
  if (markedEncoding(bytes) !== undefined) return decodeText(bytes.subarray(0, bytes.length & ~1))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, index) => bytes[index] === letter.charCodeAt(0))
}
