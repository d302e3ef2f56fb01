import { FILE_LIMITS, fileAdvice, formatBytes, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { describeStored } from '@bailiwick/core/inputs'
import { z } from 'zod'
import type { Share } from '../child/fair-slots.ts'
import { describeTables, type QueryLimits } from '../table/query-tables.ts'
import { Recent } from './recent.ts'
import type { RunFile, RunFiles } from './run-files.ts'
import { type TableSource, tableFiles, tableSources } from './table-files.ts'

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
    description: z.string().optional().describe('what is in the file; only of the first 10 files'),
  }),
)

/** `listFiles`: the files that the task may read, with the columns of those that can be queried. */
export function listFiles(files: RunFiles, limits: Partial<QueryLimits>): Tool {
  const describer = new TableDescriber(files, limits)
  const descriptions = new FileDescriptions(files)
  return defineTool({
    name: 'listFiles',
    description:
      'Lists the files of this task: its inputs, results of earlier tasks, and files written in this run. CSV and JSON files come with their table name, columns and types for queryTable; the first files with a description.',
    input: z.object({}),
    output,
    effect: 'none',
    async run(_, context) {
      const all = await files.list(context)
      const share = await files.share(context)
      const tables = await describer.describe(tableSources(all), { signal: context.signal, share })
      const described = await descriptions.of(all, context.signal)
      return all.map((file, index) => ({ ...plain(file), ...tables.get(file.name), ...described[index] }))
    },
  })
}

function plain({ name, from, ref }: RunFile) {
  return { name, from, mediaType: ref.mediaType, size: ref.size }
}

type Described =
  | { table: { name: string; rows: number; columns: z.infer<typeof column>[] } }
  | { problem: string }

/** Files that one call describes. */
const MAX_DESCRIBED_AT_ONCE = 10
/** Descriptions of at most some 20,000 characters to remember. */
const MAX_DESCRIPTIONS = 300

/** Describes files as prompts do, and remembers the descriptions. */
class FileDescriptions {
  readonly #files: RunFiles
  readonly #known = new Recent<string, string>(MAX_DESCRIPTIONS)

  constructor(files: RunFiles) {
    this.#files = files
  }

  /** In the order of the files, of the first ones. */
  async of(files: readonly RunFile[], signal: AbortSignal): Promise<{ description: string }[]> {
    const described: { description: string }[] = []
    for (const file of files.slice(0, MAX_DESCRIBED_AT_ONCE)) {
      const { ref } = file
      const description =
        this.#known.get(ref.key) ??
        (await describeStored(ref, (from) => this.#files.stream(file, signal, from)))
      this.#known.set(ref.key, description)
      described.push({ description })
    }
    return described
  }
}

/** Descriptions to remember. A stored file never changes, and reading a large one takes long. */
const MAX_DESCRIBED = 1_000

/** Describes the tables among a task's files, and remembers what it found. */
class TableDescriber {
  readonly #files: RunFiles
  readonly #limits: Partial<QueryLimits>
  readonly #known = new Recent<string, Described>(MAX_DESCRIBED)

  constructor(files: RunFiles, limits: Partial<QueryLimits>) {
    this.#files = files
    this.#limits = limits
  }

  /** The descriptions, by the names of files. */
  async describe(
    sources: readonly TableSource[],
    { signal, share }: { signal: AbortSignal; share: Share },
  ): Promise<Map<string, Described>> {
    const found = new Map<string, Described>()
    const unknown: TableSource[] = []
    let total = 0
    for (const each of sources) {
      const known = this.#known.get(each.source.ref.key)
      const { ref } = each.source
      if (known !== undefined) found.set(each.source.name, withName(known, each.name))
      else if (ref.size > FILE_LIMITS.tables) found.set(each.source.name, { problem: fileAdvice(ref) ?? '' })
      else if (total + ref.size > FILE_LIMITS.tables) found.set(each.source.name, { problem: NOT_YET })
      else {
        total += ref.size
        unknown.push(each)
      }
    }
    const tables = tableFiles(this.#files, unknown, { limit: FILE_LIMITS.tables, advice: NOT_YET, signal })
    const described = await describeTables(tables, { signal, limits: this.#limits, share })
    for (const [index, table] of described.entries()) {
      const about: Described =
        'problem' in table
          ? { problem: table.problem }
          : { table: { name: table.name, rows: table.rows, columns: table.columns } }
      const key = unknown[index]?.source.ref.key
      if (key !== undefined) this.#known.set(key, about)
      found.set(table.file, about)
    }
    return found
  }
}

/** Another task may have another name for the same file. */
function withName(described: Described, name: string): Described {
  return 'table' in described ? { table: { ...described.table, name } } : described
}

const NOT_YET = `not read yet, because listFiles reads at most ${formatBytes(FILE_LIMITS.tables)} of tables at a time: call it again`
