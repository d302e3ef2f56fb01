import { kindOf } from './kind-of.ts'
import {
  bare,
  dateIso,
  dateTime,
  getDescriptor,
  is,
  isArray,
  isFiniteNumber,
  type List,
  list,
  ownKeys,
  padEnd,
  padStart,
  push,
  slice,
  toNumber,
  toText,
} from './primordials.ts'
import { isProxy } from './proxies.ts'

const MAX_ROWS = 30
const MAX_COLUMNS = 12
const MAX_WIDTH = 40

/** Draws an array of at least two flat objects of the same shape as a table. Returns undefined for any other value. */
export function tableText(value: unknown, maxChars: number): string | undefined {
  if (typeof value !== 'object' || value === null || isProxy(value)) return undefined
  if (!isArray(value) || value.length < 2) return undefined
  const columns = columnsOf(getDescriptor(value, '0')?.value)
  if (columns === undefined) return undefined
  const rows: List<List<string>> = list()
  for (let index = 0; index < value.length && index < MAX_ROWS; index += 1) {
    const row = cells(getDescriptor(value, toText(index))?.value, columns)
    if (row === undefined) return undefined
    push(rows, row)
  }
  const text = draw(columns, rows)
  if (text.length > maxChars) return undefined
  return value.length > rows.length ? `${text}\n… ${value.length - rows.length} more rows` : text
}

function columnsOf(row: unknown): List<string> | undefined {
  if (typeof row !== 'object' || row === null || isProxy(row) || isArray(row) || kindOf(row) !== 'object') {
    return undefined
  }
  const keys = ownKeys(row)
  if (keys.length === 0 || keys.length > MAX_COLUMNS) return undefined
  const columns: List<string> = list()
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]
    if (typeof key !== 'string') return undefined
    push(columns, key)
  }
  return columns
}

function cells(row: unknown, columns: List<string>): List<string> | undefined {
  if (typeof row !== 'object' || row === null || isProxy(row)) return undefined
  if (ownKeys(row).length !== columns.length) return undefined
  const found: List<string> = list()
  for (let index = 0; index < columns.length; index += 1) {
    const field = getDescriptor(row, columns[index] as string)
    if (field === undefined || field.get !== undefined) return undefined
    const text = cell(field.value)
    if (text === undefined) return undefined
    push(found, text)
  }
  return found
}

function cell(value: unknown): string | undefined {
  if (typeof value === 'string')
    return value.length > MAX_WIDTH ? `${slice(value, 0, MAX_WIDTH - 1)}…` : value
  if (typeof value === 'number') return is(value, -0) ? '-0' : toText(value)
  if (value === null || value === undefined || typeof value === 'boolean') return toText(value)
  if (typeof value !== 'object' || isProxy(value) || kindOf(value) !== 'date') return undefined
  return isFiniteNumber(dateTime(value as Date)) ? dateIso(value as Date) : 'Invalid Date'
}

function isNumeric(text: string): boolean {
  return text !== '' && isFiniteNumber(toNumber(text))
}

function draw(columns: List<string>, rows: List<List<string>>): string {
  const widths: Record<number, number> = bare({})
  const numeric: Record<number, boolean> = bare({})
  for (let column = 0; column < columns.length; column += 1) {
    let width = (columns[column] as string).length
    let numbers = true
    for (let row = 0; row < rows.length; row += 1) {
      const text = (rows[row] as List<string>)[column] as string
      if (text.length > width) width = text.length
      if (!isNumeric(text)) numbers = false
    }
    widths[column] = width
    numeric[column] = numbers
  }
  let text = line(columns, widths, numeric)
  for (let row = 0; row < rows.length; row += 1)
    text += `\n${line(rows[row] as List<string>, widths, numeric)}`
  return text
}

function line(texts: List<string>, widths: Record<number, number>, numeric: Record<number, boolean>): string {
  let text = ''
  for (let index = 0; index < texts.length; index += 1) {
    const item = texts[index] as string
    const width = widths[index] as number
    text += index === 0 ? '' : ' | '
    if (numeric[index] === true) text += padStart(item, width)
    else text += index === texts.length - 1 ? item : padEnd(item, width)
  }
  return text
}
