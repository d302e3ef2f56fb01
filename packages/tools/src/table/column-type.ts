import type { Cell, ColumnType } from './table.ts'

const INTEGER = /^[+-]?(0|[1-9]\d*)$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const LEADING_ZERO = /^[+-]?0\d/
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Infers the type of a CSV column from its texts. Codes such as `007` stay text. */
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

/** The value of a text in a column of this type. An empty text is null. */
export function typedCell(text: string, type: ColumnType): Cell {
  if (text === '') return null
  if (type === 'integer' || type === 'number') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

/** Infers the type of a JSON column from its values. */
export function valueColumnType(values: Iterable<unknown>): ColumnType {
  const types = new Set<ColumnType>()
  for (const value of values) if (value !== null && value !== undefined) types.add(valueType(value))
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number'
  if (types.size === 2 && types.has('date') && types.has('text')) return 'text'
  if (types.size > 1) return 'mixed'
  return types.values().next().value ?? 'empty'
}

function valueType(value: unknown): ColumnType {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'object') return 'json'
  return DATE.test(String(value)) ? 'date' : 'text'
}
