import type { Cell, ColumnType } from './table.ts'

const INTEGER = /^[+-]?(0|[1-9]\d*)$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const LEADING_ZERO = /^[+-]?0\d/
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Finds out what the texts of a CSV column are, taken together. Codes such as `007` stay text. */
export class TextColumn {
  type: ColumnType = 'empty'

  add(text: string): void {
    if (text === '' || this.type === 'text') return
    const type = textType(text)
    if (this.type === 'empty') this.type = type
    else if (this.type !== type) this.type = isNumeric(this.type) && isNumeric(type) ? 'number' : 'text'
  }
}

function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'number'
}

function textType(text: string): ColumnType {
  if (INTEGER.test(text)) return Number.isSafeInteger(Number(text)) ? 'integer' : 'text'
  if (NUMBER.test(text) && !LEADING_ZERO.test(text)) return 'number'
  if (text === 'true' || text === 'false') return 'boolean'
  return DATE.test(text) ? 'date' : 'text'
}

/** The value that a text stands for in a column of that type. An empty text is null. */
export function typedCell(text: string, type: ColumnType): Cell {
  if (text === '') return null
  if (type === 'integer' || type === 'number') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

/** What the values of a JSON column are, taken together. */
export function valueColumnType(values: Iterable<unknown>): ColumnType {
  const kinds = new Set<ColumnType>()
  for (const value of values) if (value !== null && value !== undefined) kinds.add(valueType(value))
  if (kinds.size === 2 && kinds.has('integer') && kinds.has('number')) return 'number'
  if (kinds.size === 2 && kinds.has('date') && kinds.has('text')) return 'text'
  if (kinds.size > 1) return 'mixed'
  return kinds.values().next().value ?? 'empty'
}

function valueType(value: unknown): ColumnType {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'object') return 'json'
  return DATE.test(String(value)) ? 'date' : 'text'
}
