import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { errorText, InputError } from '@bailiwick/contract/world'
import type { Cell } from '@bailiwick/core/inputs'

/** The result of a query. */
export interface QueryResult {
  columns: string[]
  /** One object per row, keyed by `columns`. */
  rows: Record<string, Cell>[]
}

/** Runs one statement. @throws InputError if it does not read, or returns more than `maxRows` */
export function runQuery(database: DatabaseSync, sql: string, maxRows: number): QueryResult {
  const statement = prepare(database, sql)
  const columns = uniqueNames(statement.columns().map((column) => column.name))
  if (columns.length === 0) throw new InputError(`${EXPECTED}, found a statement that returns no rows`)
  const rows: Record<string, Cell>[] = []
  // Rows come as arrays (`returnArrays`), because objects would lose columns of the same name.
  for (const values of statement.iterate() as Iterable<unknown> as Iterable<SQLOutputValue[]>) {
    if (rows.length === maxRows) {
      throw new InputError(`the query returns more than ${maxRows} rows: aggregate in SQL, or use LIMIT`)
    }
    rows.push(Object.fromEntries(columns.map((name, index) => [name, toCell(values[index] ?? null)])))
  }
  return { columns, rows }
}

const EXPECTED = 'expected one SELECT, or WITH … SELECT'

function prepare(database: DatabaseSync, sql: string): StatementSync {
  let statement: StatementSync
  try {
    statement = database.prepare(sql)
  } catch (error) {
    const message = errorText(error)
    if (/not authorized|prohibited|contains no statement|access to/.test(message)) {
      throw new InputError(`${EXPECTED}; anything but reading is refused (${message})`)
    }
    throw new InputError(message)
  }
  // SQLite stops at the end of the first statement and would silently ignore the rest.
  const rest = sql.slice(statement.sourceSQL.length).replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '')
  if (rest.replaceAll(';', '').trim() !== '') {
    throw new InputError(`${EXPECTED}, found more than one statement`)
  }
  return statement
}

function uniqueNames(names: string[]): string[] {
  const taken = new Set<string>()
  return names.map((plain) => {
    let name = plain
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
    taken.add(name)
    return name
  })
}

/** A value that JSON can carry. Integers beyond 2^53 and infinities become text, and bytes become hexadecimal text. */
function toCell(value: SQLOutputValue): Cell {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
