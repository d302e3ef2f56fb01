import { FILE_LIMITS, formatBytes, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { QUERY_LIMITS, type QueryLimits, queryTables } from '../table/query-tables.ts'
import type { RunFiles } from './run-files.ts'
import { mentionedTables, tableFiles, tableSources } from './table-files.ts'

const cell = z.union([z.string(), z.number(), z.null()])

/** `queryTable`: SQL over the task's CSV and JSON files. */
export function queryTable(files: RunFiles, limits: Partial<QueryLimits>): Tool {
  return defineTool({
    name: 'queryTable',
    description: `Runs SQL (SQLite's dialect, one SELECT, which may begin with WITH) over the CSV and JSON files of this task, of up to ${formatBytes(FILE_LIMITS.tables)} together, and returns up to ${QUERY_LIMITS.rows} rows. A table has the name of its input, or of its file (Seattle-weather.csv is seattle_weather); listFiles returns tables and columns. Put column names with spaces in double quotes. Dates are ISO text; booleans are 1 and 0.`,
    input: z.object({ sql: z.string().min(1) }),
    output: z.object({ columns: z.array(z.string()), rows: z.array(z.record(z.string(), cell)) }),
    effect: 'none',
    async run({ sql }, context) {
      const tables = tableSources(await files.list(context))
      const named = mentionedTables(tables, sql)
      // If the query names no table, all are read, so that the error can list them.
      const { signal } = context
      const share = await files.share(context)
      const read = tableFiles(files, named.length > 0 ? named : tables, {
        limit: FILE_LIMITS.tables,
        advice: 'name fewer tables in a query, or read parts of files with readFile',
        signal,
      })
      const { columns, rows } = await queryTables(read, sql, { signal, limits, share })
      return { columns, rows: rows as Record<string, z.infer<typeof cell>>[] }
    },
  })
}
