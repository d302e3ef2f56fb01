/** A value of a table. Dates are ISO text, nested JSON values are JSON text. */
export type Cell = string | number | boolean | null

/** The type of a column's values, without its nulls; `empty` if all of them are null. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'text' | 'json' | 'mixed' | 'empty'

export interface Column {
  name: string
  type: ColumnType
}

const INTEGER = /^[+-]?(0|[1-9]\d*)$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
/** Integers that are shorter are exact as numbers. */
const SAFE_CHARS = 16
const LEADING_ZERO = /^[+-]?0\d/
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Infers the type of a CSV column from its texts. Codes such as `007` stay text. */
export class TextColumn {
  type: ColumnType = 'empty'

  add(text: string): void {
    if (text === '' || this.type === 'text' || fits(text, this.type)) return
    const type = textType(text)
    if (this.type === 'empty') this.type = type
    else if (this.type !== type) this.type = isNumeric(this.type) && isNumeric(type) ? 'number' : 'text'
  }
}

/** Whether a text certainly changes nothing about a column of this type. Most texts of a file are like those before. */
function fits(text: string, type: ColumnType): boolean {
  switch (type) {
    case 'integer':
      return text.length < SAFE_CHARS && INTEGER.test(text)
    case 'number':
      return text.length < SAFE_CHARS && NUMBER.test(text) && !LEADING_ZERO.test(text)
    case 'date':
      return DATE.test(text)
    default:
      return false
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
export class ValueColumn {
  type: ColumnType = 'empty'

  add(value: unknown): void {
    if (value === null || value === undefined || this.type === 'mixed') return
    const type = valueType(value)
    if (this.type === 'empty') this.type = type
    else if (this.type !== type) this.type = commonType(this.type, type)
  }
}

function commonType(one: ColumnType, other: ColumnType): ColumnType {
  if (isNumeric(one) && isNumeric(other)) return 'number'
  const areTexts = [one, other].every((type) => type === 'date' || type === 'text')
  return areTexts ? 'text' : 'mixed'
}

function valueType(value: unknown): ColumnType {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'object') return 'json'
  return DATE.test(String(value)) ? 'date' : 'text'
}
