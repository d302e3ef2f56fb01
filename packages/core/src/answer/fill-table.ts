import { formatValue, type Shown } from './format-value.ts'
import { lookUp, names, type Results, resultAt, step } from './reference-path.ts'

/** Rows that one table of a report may have. */
export const MAX_TABLE_ROWS = 100
/** Columns of a table that names none. */
const MAX_DEFAULT_COLUMNS = 12
/** Stands for a missing value. */
const MISSING = '–'

interface Column {
  path: string
  format?: string | undefined
  heading: string
}

interface Row {
  key: string
  value: unknown
}

/**
 * A Markdown table of a reference such as `table t1.monthly: month, mean:1, sum:, as Total`, or why there is none. The
 * rows are the items of a list, or the fields of an object, whose names are the column `key`.
 */
export function fillTable(reference: string, results: Results, locale: string): Shown {
  const [, count, path = '', columnText] =
    /^table(?:\s+(\d+)\s+of)?\s+((?:\[[^\]]*\]|[^:[])+)(?::([\s\S]*))?$/.exec(reference) ?? []
  if (path.trim() === '') return { problem: 'name a list, such as {{table t1.rows: name, mean:1}}' }
  const source = path.trim()
  const value = resultAt(results, source)
  if (value === undefined) return { problem: 'does not resolve' }
  if (typeof value !== 'object' || value === null) return { problem: `it is no list: write {{${source}}}` }
  const rows = rowsOf(value)
  if (rows.length === 0) return { problem: 'it has no rows: say so in words' }
  const wanted = count === undefined ? rows.length : Math.min(Number(count), rows.length)
  if (wanted > MAX_TABLE_ROWS) {
    const rest = columnText === undefined ? '' : `:${columnText}`
    return {
      problem: `it has ${rows.length} rows, and a table shows at most ${MAX_TABLE_ROWS}: {{table ${MAX_TABLE_ROWS} of ${source}${rest}}} shows the first ${MAX_TABLE_ROWS}`,
    }
  }
  const columns = columnText === undefined ? defaultColumns(rows) : readColumns(columnText)
  if (columns === undefined) {
    return {
      problem: `name its columns, such as {{table ${source}: ${columnNames(rows).slice(0, 2).join(', ') || 'name'}}}`,
    }
  }
  return layOut(columns, rows.slice(0, wanted), source, locale)
}

function rowsOf(value: object): Row[] {
  return Object.entries(value).map(([key, row]) => ({ key, value: row }))
}

/** The names that columns may have. */
function columnNames(rows: readonly Row[]): string[] {
  const found = new Set<string>()
  for (const { value } of rows) {
    if (typeof value !== 'object' || value === null) continue
    for (const key of Object.keys(value)) found.add(key)
  }
  return found.size > 0 ? [...found] : ['key', 'value']
}

/** The columns of the first row that have a single value. */
export function defaultColumns(rows: readonly Row[]): Column[] | undefined {
  const first = rows[0]?.value
  const columns =
    typeof first === 'object' && first !== null
      ? Object.keys(first).filter((key) => isSingle((first as Record<string, unknown>)[key]))
      : ['key', 'value']
  if (columns.length === 0) return undefined
  return columns
    .slice(0, MAX_DEFAULT_COLUMNS)
    .map((key) => ({ path: step(key).replace(/^\./, ''), heading: key }))
}

/** The table that shows a list, as advice. Undefined if it has no single values to show. */
export function tableOf(path: string, value: object): string | undefined {
  const columns = defaultColumns(rowsOf(value))
  return columns && `{{table ${path}: ${columns.map((column) => column.path).join(', ')}}}`
}

const COLUMN =
  /\s*((?:\[[^\]]*\]|[^,:[\]])+?)\s*(?::\s*(,\d*%?|[^,\s]+))?\s*(?:\sas\s+("[^"]*"|[^,]*?))?\s*(?:,|$)/y

/** Reads `month as Month, mean:1, sum:,`. Undefined if it cannot be read. */
function readColumns(text: string): Column[] | undefined {
  // "sum:, mean" has one comma for the format and the list.
  const whole = text.replaceAll(/:\s*,(?=\s+(?!as\s)\S)/g, ':,,')
  const columns: Column[] = []
  COLUMN.lastIndex = 0
  while (COLUMN.lastIndex < whole.length) {
    const [, path, format, heading] = COLUMN.exec(whole) ?? []
    if (path === undefined || path.trim() === '') return undefined
    const named = heading?.replaceAll(/^"|"$/g, '').trim() || lastKey(path)
    columns.push({ path, format, heading: named })
  }
  return columns.length === 0 ? undefined : columns
}

function lastKey(path: string): string {
  return (
    path
      .replace(/["']?\]$/, '')
      .split(/\.|\[["']?/)
      .at(-1) ?? path
  )
}

function layOut(columns: readonly Column[], rows: readonly Row[], source: string, locale: string): Shown {
  const numeric = new Set<Column>()
  const shown: string[][] = rows.map(() => [])
  for (const column of columns) {
    const values = rows.map((row) => cellOf(row, column.path))
    if (values.every((value) => value === undefined)) {
      return { problem: `no row has "${column.path}"; rows have ${names(columnNames(rows))}` }
    }
    const present = values.filter((value) => value !== undefined && value !== null)
    const nested = present.find((value) => !isSingle(value))
    if (nested !== undefined) return { problem: nestedProblem(column.path, nested as object) }
    if (present.length > 0 && present.every((value) => typeof value === 'number')) numeric.add(column)
    for (const [index, value] of values.entries()) {
      const cell =
        value === undefined || value === null
          ? { text: MISSING }
          : formatValue(value, column.format, locale, `${source}[${index}].${column.path}`)
      if ('problem' in cell) return { problem: `${column.path}:${column.format}: ${cell.problem}` }
      shown[index]?.push(escapeCell(cell.text))
    }
  }
  const lines = [
    columns.map(({ heading }) => escapeCell(heading)),
    columns.map((column) => (numeric.has(column) ? '---:' : '---')),
    ...shown,
  ]
  return { text: lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n') }
}

function cellOf({ key, value }: Row, path: string): unknown {
  const isRecord = typeof value === 'object' && value !== null
  if (path === 'key' && !(isRecord && Object.hasOwn(value, 'key'))) return key
  return path === 'value' && !isRecord ? value : lookUp(value, path)
}

function nestedProblem(path: string, value: object): string {
  const keys = Object.keys(value)
  const example =
    keys[0] === undefined ? '' : `: write ${path}${Array.isArray(value) ? '[0]' : step(keys[0])}`
  const what = Array.isArray(value) ? `is a list of ${value.length}` : `has ${names(keys)}`
  return `"${path}" has no single value; it ${what}${example}`
}

function isSingle(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof Date
}

function escapeCell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
}
