import { FILE_LIMITS, InputError, nearestNames, type Tool, tableFormatOf } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { decodeText, isText } from '@bailiwick/core/inputs'
import { z } from 'zod'
import type { Question, QuestionFile } from './target.ts'

/** Names of the tools that a question with files has. */
export const FILE_TOOLS: readonly string[] = ['listFiles', 'readFile', 'queryTable']

/** The tools of a question: its own, which do nothing, and those that read its files. */
export function questionTools({ files, tools }: Question): Tool[] {
  const own = tools.map((tool): Tool => ({ ...tool, effect: 'none', run: async () => ({ ok: true }) }))
  return Object.keys(files).length === 0 ? own : [...own, ...fileTools(files)]
}

/** Tools that read files in memory, with the names and arguments of the toolbox. */
function fileTools(files: Question['files']): Tool[] {
  const find = (name: string): QuestionFile => {
    const found = files[name] ?? Object.values(files).find(({ file }) => file === name)
    if (found !== undefined) return found
    const names = Object.keys(files)
    const [meant] = nearestNames(name, names)
    throw new InputError(
      `readFile: expected a file of this task (${names.join(', ')}), found "${name}".${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    )
  }
  const readFile = defineTool({
    name: 'readFile',
    description:
      'Returns the text of a file of this task: the whole file, or the part given by from and length.',
    input: z.object({
      name: z.string().describe("the file's name, or the name of the input"),
      from: z.int().nonnegative().optional().describe('the first character, counted from 0'),
      length: z.int().positive().optional().describe('the number of characters'),
    }),
    output: z.string(),
    effect: 'none',
    run: async ({ name, from = 0, length = FILE_LIMITS.readChars }) => {
      const { file, mediaType, bytes } = find(name)
      if (!isText(bytes))
        throw new InputError(`readFile: expected a text file, found ${file}, which is ${mediaType}.`)
      return decodeText(bytes).slice(from, from + length)
    },
  })
  const listFiles = defineTool({
    name: 'listFiles',
    description: 'Lists the files of this task.',
    input: z.object({}),
    output: z.array(z.object({ name: z.string(), input: z.string(), mediaType: z.string(), size: z.int() })),
    effect: 'none',
    run: async () =>
      Object.entries(files).map(([input, { file, mediaType, bytes }]) => ({
        name: file,
        input,
        mediaType,
        size: bytes.length,
      })),
  })
  const queryTable = defineTool({
    name: 'queryTable',
    description:
      "Runs SQL (SQLite's dialect, one SELECT) over the CSV, TSV and JSON files of this task. A table has the name of its input. Put column names with spaces in double quotes. Dates are ISO text; booleans are 1 and 0.",
    input: z.object({ sql: z.string().min(1) }),
    output: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
    }),
    effect: 'none',
    run: async ({ sql }, { signal }) => {
      // Loads SQL and charts, which most questions do not need.
      const { queryTables } = await import('@bailiwick/tools')
      const tables = Object.entries(files).flatMap(([name, { file, mediaType, bytes }]) => {
        const format = tableFormatOf({ name: file, mediaType })
        return format === undefined ? [] : [{ file, name, format, text: decodeText(bytes) }]
      })
      const { columns, rows } = await queryTables(tables, sql, { signal })
      return { columns, rows: rows as Record<string, string | number | null>[] }
    },
  })
  return [listFiles, readFile, queryTable]
}
