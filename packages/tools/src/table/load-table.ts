import type { DatabaseSync } from 'node:sqlite'
import type { Cell, ColumnType, Table } from './table.ts'

/** Puts a table into the database. Names are quoted: nothing in a file is taken for SQL. */
export function loadTable(database: DatabaseSync, name: string, table: Table): void {
  if (table.columns.length === 0) return
  const columns = table.columns.map((column) => `${quote(column.name)} ${AFFINITY[column.type]}`)
  database.exec(`create table ${quote(name)} (${columns.join(', ')})`)
  const insert = database.prepare(
    `insert into ${quote(name)} values (${table.columns.map(() => '?').join(', ')})`,
  )
  database.exec('begin')
  for (const row of table.rows) insert.run(...row.map(bindable))
  database.exec('commit')
}

/** With affinity `blob`, SQLite keeps each value as it is. */
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
