import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { BadRequest } from '../errors/bad-request.ts'
import type { Cell } from './table.ts'

/** What a query gave. */
export interface QueryResult {
  columns: string[]
  /** One object a row, keyed by `columns`. */
  rows: Record<string, Cell>[]
}

/** Runs one statement. @throws BadRequest when it is not one that reads, or gives more than `maxRows`. */
export function runQuery(database: DatabaseSync, sql: string, maxRows: number): QueryResult {
  const statement = prepare(database, sql)
  const columns = uniqueNames(statement.columns().map((column) => column.name))
  if (columns.length === 0) throw new BadRequest(`this statement gives no rows: wanted ${WANTED}`)
  const rows: Record<string, Cell>[] = []
  // Rows come as arrays (`returnArrays`): as objects, columns of the same name would overwrite each other.
  for (const values of statement.iterate() as Iterable<unknown> as Iterable<SQLOutputValue[]>) {
    if (rows.length === maxRows) {
      throw new BadRequest(`the query gives more than ${maxRows} rows: aggregate in SQL, or say LIMIT`)
    }
    rows.push(Object.fromEntries(columns.map((name, index) => [name, toCell(values[index] ?? null)])))
  }
  return { columns, rows }
}

const WANTED = 'one SELECT, or WITH … SELECT'

function prepare(database: DatabaseSync, sql: string): StatementSync {
  let statement: StatementSync
  try {
    statement = database.prepare(sql)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (/not authorized|prohibited|contains no statement|access to/.test(message)) {
      throw new BadRequest(`only reading is allowed here (${message}): wanted ${WANTED}`)
    }
    throw new BadRequest(message)
  }
  // SQLite stops reading at the first statement's end and would leave the rest undone, silently.
  const rest = sql.slice(statement.sourceSQL.length).replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '')
  if (rest.replaceAll(';', '').trim() !== '') {
    throw new BadRequest(`more than one statement: wanted ${WANTED}`)
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

/** What JSON can carry: whole numbers past 2^53 and infinities become text, bytes hexadecimal text. */
function toCell(value: SQLOutputValue): Cell {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
