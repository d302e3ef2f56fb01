import type { ChildLimits } from '../child/child-limits.ts'
import { childEntry, runChild } from '../child/run-child.ts'
import type { QueryResult } from './run-query.ts'
import type { SqlRequest, TableDescription } from './sql-child.ts'
import type { TableFile } from './table.ts'

/** What a query may use and give. */
export interface QueryLimits extends ChildLimits {
  /** Rows of the result. More is an error, never a cut: figures from half a table would be wrong. */
  rows: number
}

export const QUERY_LIMITS: QueryLimits = {
  timeMs: 10_000,
  memoryBytes: 512 * 2 ** 20,
  replyBytes: 16 * 2 ** 20,
  rows: 50_000,
}

interface QueryOptions {
  signal: AbortSignal
  limits?: Partial<QueryLimits>
}

/**
 * Runs SQL over files, in a process of its own that is killed at a limit. Nothing is attached, nothing is
 * written, no extension is loaded. Types of columns are inferred; text that looks like a date stays ISO
 * text, which SQLite's date functions take; booleans are 1 and 0.
 *
 * @throws InputError for SQL that is wrong or does more than read; ChildError at a limit.
 */
export async function queryTables(
  files: TableFile[],
  sql: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const limits = { ...QUERY_LIMITS, ...options.limits }
  const request: SqlRequest = { op: 'query', files, sql, maxRows: limits.rows }
  return (await run(request, 'the query', limits, options.signal)) as QueryResult
}

/** The columns, their types and the number of rows of each file; or why it cannot be read as a table. */
export async function describeTables(files: TableFile[], options: QueryOptions): Promise<TableDescription[]> {
  if (files.length === 0) return []
  const limits = { ...QUERY_LIMITS, ...options.limits }
  return (await run(
    { op: 'describe', files },
    'reading the tables',
    limits,
    options.signal,
  )) as TableDescription[]
}

function run(request: SqlRequest, what: string, limits: QueryLimits, signal: AbortSignal): Promise<unknown> {
  const entry = childEntry(import.meta.url, 'sql-child')
  return runChild({ entry, reads: [], request, limits, what, signal })
}
