/** The process that runs a model's SQL. It may be killed at any time. */
import { errorText, hasCode, InputError } from '@bailiwick/contract/world'
import { serveChild } from '../child/serve-child.ts'
import { guard, loadTable, openDatabase } from './database.ts'
import { readTable } from './read-table.ts'
import { type QueryResult, runQuery } from './run-query.ts'
import type { Column, Table, TableFile } from './table.ts'

/** The parent's request. It is trusted, because only the parent holds the pipe. */
export type SqlRequest =
  | { op: 'query'; files: TableFile[]; sql: string; maxRows: number }
  | { op: 'describe'; files: TableFile[] }

/** A file as a table, or the reason why it cannot be read as one. */
export type TableDescription = { file: string; name: string } & (
  | { rows: number; columns: Column[] }
  | { problem: string }
)

await serveChild((request) => {
  const asked = request as SqlRequest
  return asked.op === 'query'
    ? query(asked.files, asked.sql, asked.maxRows)
    : Promise.all(asked.files.map(describe))
})

async function query(files: TableFile[], sql: string, maxRows: number): Promise<QueryResult> {
  const database = openDatabase()
  const tables: string[] = []
  for (const file of files) {
    const table = await read(file)
    await loadTable(database, file.name, table)
    tables.push(`${file.name}(${table.columns.map((column) => column.name).join(', ')})`)
  }
  guard(database)
  try {
    return runQuery(database, sql, maxRows)
  } catch (error) {
    const reason = errorText(error)
    if (!/no such (column|table)/.test(reason)) throw error
    throw new InputError(`${reason}; found: ${tables.join('; ') || 'no table'}`)
  }
}

async function describe(file: TableFile): Promise<TableDescription> {
  const { file: from, name } = file
  try {
    const { size, columns } = await read(file)
    return { file: from, name, rows: size, columns }
  } catch (error) {
    return { file: from, name, problem: errorText(error) }
  }
}

async function read({ file, format, text }: TableFile): Promise<Table> {
  try {
    return await readTable(text, format)
  } catch (error) {
    if (hasCode(error, 'bad-input')) throw new InputError(`${file}: ${error.message}`)
    throw error
  }
}
