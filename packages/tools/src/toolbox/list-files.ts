import { formatBytes, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import type { Share } from '../child/fair-slots.ts'
import { describeTables, type QueryLimits } from '../table/query-tables.ts'
import { FILE_LIMITS, type RunFile, type RunFiles } from './run-files.ts'
import { readTables, type TableSource, tableSources } from './table-files.ts'

const column = z.object({
  name: z.string(),
  type: z.string().describe('integer, number, boolean, date, text, json, mixed or empty'),
})

const output = z.array(
  z.object({
    name: z.string(),
    from: z.enum(['input', 'result', 'written']),
    mediaType: z.string(),
    size: z.number().describe('bytes'),
    table: z.object({ name: z.string(), rows: z.number(), columns: z.array(column) }).optional(),
    problem: z.string().optional().describe('why a CSV or JSON file cannot be read as a table'),
  }),
)

/** `listFiles`: the files that the task may read, with the columns of those that can be queried. */
export function listFiles(files: RunFiles, limits: Partial<QueryLimits>): Tool {
  return defineTool({
    name: 'listFiles',
    description:
      'Lists the files of this task: its inputs, results of earlier tasks, and files written in this run. CSV and JSON files come with their table name, columns and types for queryTable.',
    input: z.object({}),
    output,
    effect: 'none',
    async run(_, context) {
      const all = await files.list(context)
      const share = await files.share(context)
      const tables = await describe(files, tableSources(all), { signal: context.signal, limits, share })
      return all.map((file) => ({ ...plain(file), ...tables.get(file.name) }))
    },
  })
}

function plain({ name, from, ref }: RunFile) {
  return { name, from, mediaType: ref.mediaType, size: ref.size }
}

type Described =
  | { table: { name: string; rows: number; columns: z.infer<typeof column>[] } }
  | { problem: string }

async function describe(
  files: RunFiles,
  sources: TableSource[],
  options: { signal: AbortSignal; limits: Partial<QueryLimits>; share: Share },
): Promise<Map<string, Described>> {
  const described = new Map<string, Described>()
  const small: TableSource[] = []
  let total = 0
  for (const each of sources) {
    total += each.source.ref.size
    if (total <= FILE_LIMITS.tables) small.push(each)
    else described.set(each.source.name, { problem: TOO_LARGE })
  }
  if (small.length === 0) return described
  for (const table of await describeTables(() => readTables(files, small, options.signal), options)) {
    const { file, name } = table
    if ('problem' in table) described.set(file, { problem: table.problem })
    else described.set(file, { table: { name, rows: table.rows, columns: table.columns } })
  }
  return described
}

const TOO_LARGE = `not described, because the tables have more than ${formatBytes(FILE_LIMITS.tables)} together`
