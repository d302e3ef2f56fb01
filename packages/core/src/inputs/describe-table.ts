/** A row of a table, by column. */
export type Row = Record<string, unknown>

/** Rows that types and ranges are taken from. */
export const MAX_ROWS_READ = 20_000

/** Rows that a description shows. */
const MAX_SAMPLES = 3

/** Columns that a description lists. */
const MAX_COLUMNS = 40

/**
 * Describes a table: its size; for each column the type, the range or the most common values, and the number of empty
 * cells; and the first rows.
 *
 * @param rows at least the first `MAX_ROWS_READ`
 * @param size how many rows the table has
 */
export function describeTable(rows: readonly Row[], size = rows.length): string {
  const names = Object.keys(rows[0] ?? {})
  const read = rows.slice(0, MAX_ROWS_READ)
  const columns = names
    .slice(0, MAX_COLUMNS)
    .map((name) => `  ${name}: ${describeColumn(read.map((row) => row[name]))}`)
  if (names.length > MAX_COLUMNS) columns.push(`  and ${names.length - MAX_COLUMNS} more columns`)
  const samples = rows.slice(0, MAX_SAMPLES).map((row) => `  ${JSON.stringify(row).slice(0, 300)}`)
  return `${size} rows × ${names.length} columns\n${columns.join('\n')}\n  first rows:\n${samples.join('\n')}`
}

/** Whether a value is a plain object. */
export function isRow(value: unknown): value is Row {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  )
}

function describeColumn(values: readonly unknown[]): string {
  const present = values.filter((value) => value !== undefined && value !== null && value !== '')
  const gaps = values.length - present.length
  return `${describeValues(present)}${gaps > 0 ? `, ${gaps} empty` : ''}`
}

function describeValues(values: readonly unknown[]): string {
  if (values.length === 0) return 'empty'
  const numbers = values.map((value) =>
    typeof value === 'string' ? Number(value.trim() || Number.NaN) : value,
  )
  if (numbers.every((value): value is number => typeof value === 'number' && Number.isFinite(value))) {
    const kind = numbers.every(Number.isInteger) ? 'whole number' : 'number'
    return `${kind}${typeof values[0] === 'string' ? ' as text' : ''}, ${least(numbers)} to ${most(numbers)}`
  }
  if (values.every((value) => typeof value === 'boolean')) return 'boolean'
  const texts = values.map((value) =>
    value instanceof Date ? value.toJSON() : typeof value === 'string' ? value : undefined,
  )
  if (!texts.every((text) => text !== undefined))
    return [...new Set(values.map((value) => typeof value))].join(' | ')
  // ISO dates sort as text.
  if (texts.every((text) => /^\d{4}-\d{2}-\d{2}/.test(text))) return `date, ${least(texts)} to ${most(texts)}`
  const distinct = [...new Set(texts)]
  return distinct.length <= 8
    ? `text, one of ${distinct.map((text) => JSON.stringify(text)).join(', ')}`
    : `text, ${distinct.length} different, for example ${JSON.stringify(distinct[0]?.slice(0, 60))}`
}

/** Not `Math.min`, because spreading 20,000 values overflows the stack of some engines. */
function least<T extends number | string>(values: readonly T[]): T | undefined {
  return values.reduce<T | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
}

function most<T extends number | string>(values: readonly T[]): T | undefined {
  return values.reduce<T | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
}
