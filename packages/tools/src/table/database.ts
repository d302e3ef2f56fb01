import { constants, DatabaseSync } from 'node:sqlite'
import type { Cell, ColumnType, Table } from './table.ts'

/** The only pragmas allowed: they describe tables and change nothing. */
const PRAGMAS = new Set(['table_info', 'table_xinfo', 'table_list'])

/** Functions that leave SQL. Extensions are off anyway; the refusal says so earlier. */
const FUNCTIONS = new Set(['load_extension', 'fts3_tokenizer'])

/** Characters of SQL, and bytes of one value. */
const LIMITS = { sqlLength: 100_000, length: 64_000_000, attach: 0, exprDepth: 1_000 }

/** An empty database in memory that can attach no other database and load no extension. */
export function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:', {
    allowExtension: false,
    defensive: true,
    limits: LIMITS,
    readBigInts: true,
    returnArrays: true,
  })
  // Sorting must not use a temporary file, because this process may write none.
  database.exec('pragma temp_store = memory; pragma trusted_schema = off')
  return database
}

/** Copies a table into the database. All names are quoted, so that nothing in a file is read as SQL. */
export async function loadTable(database: DatabaseSync, name: string, table: Table): Promise<void> {
  if (table.columns.length === 0) return
  const columns = table.columns.map((column) => `${quote(column.name)} ${AFFINITY[column.type]}`)
  database.exec(`create table ${quote(name)} (${columns.join(', ')})`)
  const insert = database.prepare(
    `insert into ${quote(name)} values (${table.columns.map(() => '?').join(', ')})`,
  )
  database.exec('begin')
  for await (const row of table.rows) insert.run(...row.map(bindable))
  database.exec('commit')
}

/**
 * Makes the database read-only and limited to its own tables. Refuses every action that is not listed, so that new kinds
 * of statements are refused too.
 */
export function guard(database: DatabaseSync): void {
  if (!('setAuthorizer' in database))
    throw new Error(`expected Node 24.10 or newer to guard SQL, found ${process.version}`)
  const {
    SQLITE_OK,
    SQLITE_DENY,
    SQLITE_SELECT,
    SQLITE_READ,
    SQLITE_RECURSIVE,
    SQLITE_FUNCTION,
    SQLITE_PRAGMA,
  } = constants
  database.setAuthorizer((action, first, second) => {
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE:
        return SQLITE_OK
      case SQLITE_FUNCTION:
        return second !== null && FUNCTIONS.has(second) ? SQLITE_DENY : SQLITE_OK
      case SQLITE_PRAGMA:
        return first !== null && PRAGMAS.has(first) ? SQLITE_OK : SQLITE_DENY
      default:
        return SQLITE_DENY
    }
  })
}

/** With affinity `blob`, SQLite stores each value unchanged. */
const AFFINITY: Record<ColumnType, string> = {
  integer: 'integer',
  number: 'real',
  boolean: 'integer',
  date: 'text',
  text: 'text',
  json: 'text',
  mixed: 'blob',
  empty: 'blob',
}

function bindable(cell: Cell): string | number | null {
  return typeof cell === 'boolean' ? Number(cell) : cell
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
