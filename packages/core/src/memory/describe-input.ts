/** Rows that a table's description shows. */
const SAMPLE_ROWS = 3
/** Characters of a text's description. */
const SAMPLE_CHARS = 400

/**
 * What a prompt says of an input: type, size, and a sample; of a table its columns with types and ranges.
 * Never the whole.
 */
export function describeInput(name: string, value: unknown): string {
  if (typeof value === 'string') return describeText(name, value)
  if (Array.isArray(value)) return describeArray(name, value)
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    return `${name}: object with ${keys.length} keys (${keys.slice(0, 20).join(', ')}${keys.length > 20 ? ', …' : ''})`
  }
  return `${name}: ${typeof value} ${String(value).slice(0, SAMPLE_CHARS)}`
}

function describeText(name: string, text: string): string {
  const table = readTable(text)
  if (table !== undefined) return `${name}: CSV text, ${text.length} characters, ${describeRows(table)}`
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) {
      return describeInput(`${name}: JSON text, ${text.length} characters, holding`, parsed)
    }
  } catch {
    // Plain text.
  }
  const sample = text.length <= SAMPLE_CHARS ? text : `${text.slice(0, SAMPLE_CHARS)}…`
  return `${name}: text, ${text.length} characters: ${JSON.stringify(sample)}`
}

function describeArray(name: string, items: unknown[]): string {
  const rows = items.filter(
    (item): item is Record<string, unknown> =>
      typeof item === 'object' && item !== null && !Array.isArray(item),
  )
  if (rows.length > 0 && rows.length === items.length)
    return `${name}: array of objects, ${describeRows(rows)}`
  return `${name}: array of ${items.length} items, the first: ${JSON.stringify(items.slice(0, SAMPLE_ROWS))?.slice(0, SAMPLE_CHARS)}`
}

function describeRows(rows: Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {}).map((column) => describeColumn(column, rows))
  const sample = rows.slice(0, SAMPLE_ROWS).map((row) => `  ${JSON.stringify(row).slice(0, SAMPLE_CHARS)}`)
  return `${rows.length} rows\n  columns: ${columns.join('; ')}\n  first rows:\n${sample.join('\n')}`
}

function describeColumn(column: string, rows: Record<string, unknown>[]): string {
  const values = rows
    .map((row) => row[column])
    .filter((value) => value !== '' && value !== null && value !== undefined)
  const missing = rows.length - values.length
  const gaps = missing === 0 ? '' : `, ${missing} empty`
  const numbers = values.map(Number)
  if (values.length > 0 && numbers.every(Number.isFinite)) {
    const low = numbers.reduce((a, b) => Math.min(a, b))
    const high = numbers.reduce((a, b) => Math.max(a, b))
    return `${column} number ${low}…${high}${gaps}`
  }
  const texts = values.map(String)
  const sorted = [...texts].sort()
  if (texts.length > 0 && texts.every((text) => /^\d{4}[-/]\d{2}/.test(text)))
    return `${column} date ${sorted[0]}…${sorted.at(-1)}${gaps}`
  const distinct = [...new Set(texts)]
  const shown = distinct.length <= 8 ? `one of ${distinct.join(' | ')}` : `${distinct.length} different texts`
  return `${column} ${shown}${gaps}`
}

/** A CSV text as rows, where it looks like one: the same number of fields in the first lines, at least two. */
function readTable(text: string): Record<string, unknown>[] | undefined {
  const lines = text.trimEnd().split(/\r?\n/)
  const header = lines[0]?.split(',') ?? []
  if (lines.length < 2 || header.length < 2) return undefined
  const unquoted = (field: string) => field.trim().replace(/^"(.*)"$/, '$1')
  const split = (line: string) =>
    (line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [])
      .slice(0, header.length)
      .map((field) => unquoted(field.replace(/,$/, '')))
  const rows = lines.slice(1).map(split)
  if (rows.slice(0, 20).some((row) => row.length !== header.length)) return undefined
  return rows.map((row) => Object.fromEntries(header.map((column, index) => [unquoted(column), row[index]])))
}
