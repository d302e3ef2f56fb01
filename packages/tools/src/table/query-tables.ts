import { childSlots, OWN_SHARE } from '../child/child-slots.ts'
import type { Share } from '../child/fair-slots.ts'
import { type ChildLimits, childEntry, runChild } from '../child/run-child.ts'
import type { QueryResult } from './run-query.ts'
import type { SqlRequest, TableDescription } from './sql-child.ts'
import type { TableFile } from './table.ts'

/** What one query may use and return. */
export interface QueryLimits extends ChildLimits {
  /** Rows of the result. A larger result is an error and never cut, because figures from a part would be wrong. */
  rows: number
}

/** The default limits: 10 s, 512 MiB of memory, 16 MiB of JSON and 50,000 rows. */
export const QUERY_LIMITS: QueryLimits = {
  timeMs: 10_000,
  memoryBytes: 512 * 2 ** 20,
  replyBytes: 16 * 2 ** 20,
  rows: 50_000,
}

interface QueryOptions {
  signal: AbortSignal
  limits?: Partial<QueryLimits>
  /** The run and caller that the work is for. The runs of a process share its children. Default: the process itself. */
  share?: Share
}

/** Files, or a function that reads them as soon as a child can start. */
export type TableFiles = TableFile[] | (() => Promise<TableFile[]>)

/**
 * Runs SQL over files in a process of its own, which is killed at a limit. The query can attach nothing, write nothing
 * and load no extension. Column types are inferred. Dates stay ISO text, which SQLite's date functions accept; booleans
 * are 1 and 0.
 *
 * @throws InputError for SQL that is wrong or does more than read; ChildError at a limit
 * @example
 * const file = { file: 'a.csv', name: 'a', format: 'csv', text: 'x\n1\n2\n' } as const
 * const { rows } = await queryTables([file], 'select sum(x) as total from a', { signal })
 */
export async function queryTables(
  files: TableFiles,
  sql: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const maxRows = { ...QUERY_LIMITS, ...options.limits }.rows
  return (await run(files, options, 'the query', (read) => ({
    op: 'query',
    files: read,
    sql,
    maxRows,
  }))) as QueryResult
}

/** The columns, types and number of rows of each file, or the reason why it cannot be read as a table. */
export async function describeTables(files: TableFiles, options: QueryOptions): Promise<TableDescription[]> {
  if (typeof files !== 'function' && files.length === 0) return []
  return (await run(files, options, 'reading the tables', (read) => ({
    op: 'describe',
    files: read,
  }))) as TableDescription[]
}

async function run(
  files: TableFiles,
  { signal, limits, share = OWN_SHARE }: QueryOptions,
  what: string,
  request: (files: TableFile[]) => SqlRequest,
): Promise<unknown> {
  using _ = await childSlots.take(share, signal)
  const read = typeof files === 'function' ? await files() : files
  return runChild({
    entry: childEntry(import.meta.url, 'sql-child'),
    packages: TABLE_PACKAGES,
    request: request(read),
    limits: { ...QUERY_LIMITS, ...limits },
    what,
    signal,
  })
}

/** The packages that a process needs to read tables. */
export const TABLE_PACKAGES: readonly string[] = ['@bailiwick/contract/world', '@bailiwick/core/inputs']
