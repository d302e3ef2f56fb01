export type Row = Record<string, unknown>

const SAMPLES = 3
const COLUMNS = 40
/** Rows read for types and ranges; the count is of all. */
const ROWS_READ = 20_000

/** Rows and columns: each column with type, range or commonest values, gaps; and the first rows. */
export function describeTable(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  const read = rows.slice(0, ROWS_READ)
  const columns = names
    .slice(0, COLUMNS)
    .map((name) => `  ${name}: ${describeColumn(read.map((row) => row[name]))}`)
  if (names.length > COLUMNS) columns.push(`  and ${names.length - COLUMNS} columns more`)
  const samples = rows.slice(0, SAMPLES).map((row) => `  ${JSON.stringify(row).slice(0, 300)}`)
  return `${rows.length} rows × ${names.length} columns\n${columns.join('\n')}\n  first rows:\n${samples.join('\n')}`
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

/** Not Math.min: spreading 20,000 values overflows the stack of some engines. */
function least<T extends number | string>(values: readonly T[]): T | undefined {
  return values.reduce<T | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
}

function most<T extends number | string>(values: readonly T[]): T | undefined {
  return values.reduce<T | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
}

/** Rows of a text with delimiters and a header line; quotes as in RFC 4180. */
export function readDelimited(text: string, delimiter = ','): Row[] {
  const [header, ...lines] = splitDelimited(text.replace(/^\uFEFF/, ''), delimiter)
  if (header === undefined || header.length < 2) return []
  return lines.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ''])))
}

function splitDelimited(text: string, delimiter: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^${delimiter}\r\n]*))(${delimiter}|\r?\n|\r|$)`, 'y')
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (found === null) return lines // A quote that never closes: what was read so far.
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    if (found[3] === delimiter) continue
    lines.push(cells)
    cells = []
  }
  if (cells.length > 0) lines.push(cells)
  return lines
}
