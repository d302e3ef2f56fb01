/** The process that runs a model's SQL. It may be killed at any time. */
import { errorText, formatBytes, InputError } from '@bailiwick/contract/world'
import type { Column } from '@bailiwick/core/inputs'
import { type GivenFiles, serveChild } from '../child/serve-child.ts'
import { ChildTable } from './child-table.ts'
import { guard, loadTable, openDatabase } from './database.ts'
import { type QueryResult, runQuery } from './run-query.ts'
import type { TableName } from './table.ts'

/** The parent's request. It is trusted, because only the parent holds the pipe. */
export type SqlRequest =
  | { op: 'query'; tables: TableName[]; sql: string; maxRows: number; diskBytes: number }
  | { op: 'describe'; tables: TableName[] }

/** A file as a table, or the reason why it cannot be read as one. */
export type TableDescription = { file: string; name: string } & (
  | { rows: number; columns: Column[] }
  | { problem: string }
)

await serveChild(async (request, files) => {
  const asked = request as SqlRequest
  const tables = asked.tables.map((about, number) => new ChildTable(about, files, number))
  if (asked.op === 'query') return query(tables, files, asked)
  const described: TableDescription[] = []
  // One at a time: the parent sends one file at a time.
  for (const table of tables) described.push(await describe(table))
  return described
})

async function query(
  tables: readonly ChildTable[],
  files: GivenFiles,
  { sql, maxRows, diskBytes }: Extract<SqlRequest, { op: 'query' }>,
): Promise<QueryResult> {
  const database = openDatabase()
  const loaded: string[] = []
  try {
    for (const table of tables) {
      const columns = await loadTable(database, table, sql)
      loaded.push(`${table.about.name}(${columns.map(({ name }) => name).join(', ')})`)
    }
    files.allRead()
    guard(database)
    return runQuery(database, sql, maxRows)
  } catch (error) {
    const reason = errorText(error)
    if (/disk is full|disk I\/O error/.test(reason)) {
      throw new InputError(
        `expected temporary files of at most ${formatBytes(diskBytes)} and room for them on the disk, found more (${reason}): read fewer tables, or sort and group less`,
      )
    }
    if (!/no such (column|table)/.test(reason)) throw error
    throw new InputError(`${reason}; found: ${loaded.join('; ') || 'no table'}`)
  }
}

async function describe(table: ChildTable): Promise<TableDescription> {
  const { file, name } = table.about
  try {
    return await table.read(async (open) => {
      const rows = open()
      for await (const _ of rows.batches());
      return { file, name, rows: rows.size, columns: rows.columns() }
    })
  } catch (error) {
    return { file, name, problem: errorText(error) }
  }
}
