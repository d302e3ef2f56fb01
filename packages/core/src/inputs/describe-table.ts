import type { ColumnType } from './column-type.ts'

/** A row of a table, by column. */
export type Row = Record<string, unknown>

/** Cells whose values are counted and compared. The rows after them only count as rows. */
const MAX_CELLS = 1_000_000
/** Different values of a column that are counted. */
const MAX_DISTINCT = 10_000
/** Columns that are described. The others are only named. */
const MAX_COLUMNS = 60
/** Characters of the descriptions of columns. */
const MAX_COLUMN_CHARS = 10_000
/** Characters of the names of the columns that are only named. */
const MAX_NAME_CHARS = 8_000
/** Characters of one name. */
const MAX_ONE_NAME_CHARS = 200
/** Rows that a description shows. */
const SAMPLES = 2
/** Characters of a row that a description shows. */
const MAX_ROW_CHARS = 600
/** The most frequent values of a column that a description shows. */
const SHOWN_VALUES = 6
/** Characters of one value. */
const MAX_VALUE_CHARS = 40

/** Collects what a prompt says about a table, row by row. */
export class TableSummary {
  readonly #columns: ColumnSummary[] = []
  readonly #samples: (readonly unknown[])[] = []
  #counted = 0
  /** Rows of the table. */
  size = 0

  /** Whether the values of further rows are not counted, so that only their number matters. */
  get isFull(): boolean {
    return this.#counted * Math.max(1, this.#columns.length) >= MAX_CELLS
  }

  /** @param cells by column; a row may have fewer, and a later one more */
  add(cells: readonly unknown[]): void {
    this.size += 1
    if (this.size <= SAMPLES) this.#samples.push(cells)
    if (this.isFull) return
    this.#counted += 1
    for (let index = 0; index < cells.length; index++) {
      const column = this.#columns[index]
      if (column === undefined) this.#columns.push(new ColumnSummary(cells[index]))
      else column.add(cells[index])
    }
  }

  /**
   * @param names as code or SQL writes them; with their types
   * @param shown the value of a cell, for the sample rows
   * @param size the number of rows in words, if these are only the first ones
   */
  describe({
    names,
    keys,
    types,
    shown = (cell) => cell,
    size = `${this.size} rows`,
  }: {
    names: readonly string[]
    keys: readonly string[]
    types: readonly ColumnType[]
    shown?: (cell: unknown, type: ColumnType) => unknown
    size?: string
  }): string {
    const rows = this.#counted
    const lines: string[] = []
    let chars = 0
    for (const [index, name] of names.slice(0, MAX_COLUMNS).entries()) {
      const type = types[index] ?? 'empty'
      const about = (this.#columns[index] ?? NO_VALUES).describe(type, rows)
      const line = `  ${shortName(name)}: ${about}`
      chars += line.length
      if (chars > MAX_COLUMN_CHARS) break
      lines.push(line)
    }
    const rest = restOfNames(names.slice(lines.length))
    if (rest !== undefined) lines.push(rest)
    if (rows < this.size) lines.push(`  (values by the first ${rows} rows)`)
    const samples = this.#samples.map((cells) => {
      const row = Object.fromEntries(
        keys.map((key, index) => [key, shown(cells[index], types[index] ?? 'empty')]),
      )
      return `  ${cutText(plainJson(row), MAX_ROW_CHARS)}`
    })
    if (samples.length > 0) lines.push(samples.length === 1 ? '  first row:' : '  first rows:', ...samples)
    return [`${size} × ${names.length} columns`, ...lines].join('\n')
  }
}

/** Names without descriptions, as many as fit. All others are counted. */
function restOfNames(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const fitting: string[] = []
  let chars = 0
  for (const name of names) {
    chars += name.length + 2
    if (chars > MAX_NAME_CHARS) break
    fitting.push(shortName(name))
  }
  const left = names.length - fitting.length
  const more = left > 0 ? `, and ${left} more columns that are left out here` : ''
  return `  also: ${fitting.join(', ')}${more}`
}

function shortName(name: string): string {
  return name.length <= MAX_ONE_NAME_CHARS
    ? name
    : `${name.slice(0, MAX_ONE_NAME_CHARS)}… (a name of ${name.length} characters)`
}

/** The values of one column. */
class ColumnSummary {
  readonly #counts = new Map<unknown, number>()
  #present = 0
  #numbers = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  #first: string | undefined
  #last: string | undefined
  #example: unknown
  /** Whether more values are different than are counted. */
  #isFull = false

  constructor(first?: unknown) {
    this.add(first)
  }

  add(value: unknown): void {
    if (value === undefined || value === null || value === '') return
    this.#present += 1
    if (this.#present === 1) this.#example = value
    if (typeof value === 'object') return
    const count = this.#counts.get(value)
    if (count !== undefined) this.#counts.set(value, count + 1)
    else if (this.#counts.size < MAX_DISTINCT) this.#counts.set(value, 1)
    else this.#isFull = true
    const number = typeof value === 'string' ? Number(value.trim() || Number.NaN) : value
    if (typeof number === 'number' && Number.isFinite(number)) {
      this.#numbers += 1
      if (number < this.#least) this.#least = number
      if (number > this.#most) this.#most = number
    }
    if (typeof value !== 'string') return
    // ISO dates sort as text.
    if (this.#first === undefined || value < this.#first) this.#first = value
    if (this.#last === undefined || value > this.#last) this.#last = value
  }

  describe(type: ColumnType, rows: number): string {
    const missing = rows - this.#present
    const gaps = missing > 0 ? `, ${missing} missing` : ''
    if (this.#present === 0) return `empty${gaps}`
    return `${this.#values(type)}${gaps}`
  }

  #values(type: ColumnType): string {
    switch (type) {
      case 'integer':
      case 'number':
        return `${type}, ${this.#least} to ${this.#most}${this.#different()}`
      case 'date':
        return `date, ${this.#first} to ${this.#last}${this.#different()}`
      case 'json':
        return `${kindOf(this.#example)}, for example ${cutText(plainJson(this.#example), 2 * MAX_VALUE_CHARS)}`
      case 'mixed':
        return `mixed types${this.#different()}, for example ${shortValue(this.#example)}`
      default:
        return `${type}${this.#frequent()}`
    }
  }

  #different(): string {
    if (this.#isFull) return `, more than ${MAX_DISTINCT} different`
    return this.#counts.size === this.#present ? ', all different' : `, ${this.#counts.size} different`
  }

  #frequent(): string {
    // A column of codes such as `1,234` or of numbers with a few words in it.
    const numeric = this.#numbers > 0 ? `, ${this.#numbers} of ${this.#present} values are numbers` : ''
    if (this.#isFull || (this.#counts.size === this.#present && this.#present > SHOWN_VALUES))
      return `${numeric}${this.#different()}, for example ${shortValue(this.#example)}`
    const byCount = [...this.#counts].sort(([, a], [, b]) => b - a)
    const most = byCount.slice(0, SHOWN_VALUES).map(([value, count]) => `${shortValue(value)} ${count}×`)
    return `${numeric}, ${this.#counts.size} different: ${most.join(', ')}${byCount.length > SHOWN_VALUES ? ', …' : ''}`
  }
}

const NO_VALUES = new ColumnSummary()

/** Whether a value is a plain object. */
export function isRow(value: unknown): value is Row {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  )
}

/** The kind of a value in a word. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Date) return 'Date'
  return typeof value
}

/** The beginning of a text. The mark at its end says that it continues. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  // Half of a surrogate pair would be no valid text.
  const end = /[\ud800-\udbff]/.test(text[length - 1] ?? '') ? length - 1 : length
  return `${text.slice(0, end)}…`
}

/** JSON, also of values that JSON does not have. */
export function plainJson(value: unknown): string {
  const text = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item))
  return text ?? String(value)
}

function shortValue(value: unknown): string {
  return plainJson(typeof value === 'string' ? cutText(value, MAX_VALUE_CHARS) : value)
}
