import { childSlots, OWN_SHARE } from '../child/child-slots.ts'
import type { Share } from '../child/fair-slots.ts'
import { type ChildLimits, childEntry, runChild } from '../child/run-child.ts'
import type { QueryResult } from './run-query.ts'
import type { SqlRequest, TableDescription } from './sql-child.ts'
import { contentOf, nameOf, type TableFile } from './table.ts'

/** What one query may use and return. */
export interface QueryLimits extends ChildLimits {
  /** Rows of the result. A larger result is an error and never cut, because figures from a part would be wrong. */
  rows: number
}

/**
 * The default limits: 10 s of CPU time after the files are read, 512 MiB of memory, 1 GB of each temporary file, 16 MiB of
 * JSON and 50,000 rows.
 */
export const QUERY_LIMITS: QueryLimits = {
  timeMs: 10_000,
  // A thirtieth of what an idle machine reads, because a busy one gives such a process little time.
  readPace: 1_000_000,
  memoryBytes: 512 * 2 ** 20,
  diskBytes: 1_000_000_000,
  replyBytes: 16 * 2 ** 20,
  rows: 50_000,
}

interface QueryOptions {
  signal: AbortSignal
  limits?: Partial<QueryLimits>
  /** The run and caller that the work is for. The runs of a process share its children. Default: the process itself. */
  share?: Share
}

/**
 * Runs SQL over files in a process of its own, which is killed at a limit. Files are sent to it in pieces, so they may be
 * larger than memory. The query can attach nothing, write nothing and load no extension. Column types are inferred. Dates
 * stay ISO text, which SQLite's date functions accept; booleans are 1 and 0.
 *
 * @throws InputError for SQL that is wrong or does more than read; ChildError at a limit
 * @example
 * const file = { file: 'a.csv', name: 'a', format: 'csv', text: 'x\n1\n2\n' } as const
 * const { rows } = await queryTables([file], 'select sum(x) as total from a', { signal })
 */
export async function queryTables(
  files: readonly TableFile[],
  sql: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const { rows: maxRows, diskBytes } = { ...QUERY_LIMITS, ...options.limits }
  const request = { op: 'query', tables: files.map(nameOf), sql, maxRows, diskBytes } as const
  return (await run(files, options, 'the query', request)) as QueryResult
}

/** The columns, types and number of rows of each file, or the reason why it cannot be read as a table. */
export async function describeTables(
  files: readonly TableFile[],
  options: QueryOptions,
): Promise<TableDescription[]> {
  if (files.length === 0) return []
  const request = { op: 'describe', tables: files.map(nameOf) } as const
  return (await run(files, options, 'reading the tables', request)) as TableDescription[]
}

async function run(
  files: readonly TableFile[],
  { signal, limits, share = OWN_SHARE }: QueryOptions,
  what: string,
  request: SqlRequest,
): Promise<unknown> {
  using _ = await childSlots.take(share, signal)
  return await runChild({
    entry: childEntry(import.meta.url, 'sql-child'),
    packages: TABLE_PACKAGES,
    request,
    files: files.map(contentOf),
    limits: { ...QUERY_LIMITS, ...limits },
    what,
    advice: 'query fewer tables, or select and sort less',
    signal,
  })
}

/** The packages that a process needs to read tables. */
export const TABLE_PACKAGES: readonly string[] = ['@bailiwick/contract/world', '@bailiwick/core/inputs']
