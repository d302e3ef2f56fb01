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
}

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
  files: TableFile[],
  sql: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const limits = { ...QUERY_LIMITS, ...options.limits }
  const request: SqlRequest = { op: 'query', files, sql, maxRows: limits.rows }
  return (await run(request, 'the query', limits, options.signal)) as QueryResult
}

/** The columns, types and number of rows of each file, or the reason why it cannot be read as a table. */
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
  return runChild({ entry, packages: TABLE_PACKAGES, request, limits, what, signal })
}

/** The packages that a process needs to read tables. */
export const TABLE_PACKAGES: readonly string[] = ['@bailiwick/contract/world', '@bailiwick/core/inputs']
