/** The process that runs a model's SQL. It may be killed at any time. */
import { serveChild } from '../child/serve-child.ts'
import { BadRequest } from '../errors/bad-request.ts'
import { guard, openDatabase } from './database.ts'
import { loadTable } from './load-table.ts'
import { readTable } from './read-table.ts'
import { type QueryResult, runQuery } from './run-query.ts'
import type { Column, Table, TableFile } from './table.ts'

/** What the parent asks; trusted, because only the parent holds the pipe. */
export type SqlRequest =
  | { op: 'query'; files: TableFile[]; sql: string; maxRows: number }
  | { op: 'describe'; files: TableFile[] }

/** A file, as a table; or why it is none. */
export type TableDescription = { file: string; name: string } & (
  | { rows: number; columns: Column[] }
  | { problem: string }
)

await serveChild((request) => {
  const asked = request as SqlRequest
  return asked.op === 'query' ? query(asked.files, asked.sql, asked.maxRows) : asked.files.map(describe)
})

function query(files: TableFile[], sql: string, maxRows: number): QueryResult {
  const database = openDatabase()
  const loaded = files.map((file) => ({ ...file, table: read(file) }))
  for (const { name, table } of loaded) loadTable(database, name, table)
  guard(database)
  try {
    return runQuery(database, sql, maxRows)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (!/no such (column|table)/.test(reason)) throw error
    const tables = loaded.map(
      ({ name, table }) => `${name}(${table.columns.map((column) => column.name).join(', ')})`,
    )
    throw new BadRequest(`${reason}; there is: ${tables.join('; ') || 'no table'}`)
  }
}

function describe(file: TableFile): TableDescription {
  const { file: from, name } = file
  try {
    const { size, columns } = read(file)
    return { file: from, name, rows: size, columns }
  } catch (error) {
    return { file: from, name, problem: error instanceof Error ? error.message : String(error) }
  }
}

function read({ file, format, text }: TableFile): Table {
  try {
    return readTable(text, format)
  } catch (error) {
    if (error instanceof BadRequest) throw new BadRequest(`${file}: ${error.message}`)
    throw error
  }
}
