import { errorText, InputError } from '@bailiwick/contract/world'
import type { Cell } from '@bailiwick/core/inputs'
import type { ChildTable } from '../table/child-table.ts'
import type { TableName } from '../table/table.ts'

type Data = Record<string, unknown>

/** The content of files, by their names. */
export type ChartData = ReadonlyMap<string, Pick<TableName, 'format'> & { values: unknown }>

/** Reads the files of a chart. @throws InputError for a file that is not a table, or not JSON */
export async function readChartData(tables: readonly ChildTable[]): Promise<ChartData> {
  const data = new Map<string, Pick<TableName, 'format'> & { values: unknown }>()
  // One at a time: the parent sends one file at a time.
  for (const table of tables) {
    const { file, format } = table.about
    const values = format === 'json' ? parse(file, await table.text()) : await rowObjects(table)
    data.set(file, { format, values })
  }
  return data
}

/** The rows as objects, by column. */
function rowObjects(table: ChildTable): Promise<Record<string, Cell>[]> {
  return table.read(async (open) => {
    const reader = open()
    const raw = []
    for await (const rows of reader.batches()) for (const row of rows) raw.push(row)
    const columns = reader.columns()
    const types = columns.map(({ type }) => type)
    return raw.map((row) => {
      const cells = reader.cells(row, types)
      return Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] ?? null]))
    })
  })
}

/**
 * Replaces each `data: { url: "<file of the run>" }` of a specification with the content of that file, so that drawing
 * has nothing to load. @throws InputError for any other address
 */
export function fillData(value: unknown, files: ChartData): unknown {
  if (Array.isArray(value)) return value.map((item) => fillData(item, files))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'values' || key === 'datasets') return [key, item]
      return [key, key === 'data' && hasUrl(item) ? loaded(item, files) : fillData(item, files)]
    }),
  )
}

/** The names of the files that a specification loads. */
export function namedFiles(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namedFiles)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'values' || key === 'datasets') return []
    return key === 'data' && hasUrl(item) ? [item.url] : namedFiles(item)
  })
}

function hasUrl(value: unknown): value is Data & { url: string } {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string'
}

function loaded({ url, ...data }: Data & { url: string }, files: ChartData): Data {
  const file = files.get(url)
  if (file === undefined) {
    const names = [...files.keys()].join(', ')
    throw new InputError(
      `data.url: expected the name of a file of this run (${names || 'there is none'}), found "${url.slice(0, 200)}"`,
    )
  }
  const { type, ...format } = (data.format ?? {}) as Data
  // Only a JSON file is parsed by Vega, which its format may tell which property to take. The rows of others are ready.
  return file.format === 'json'
    ? { ...data, values: file.values, format: { ...format, type: type ?? 'json' } }
    : { ...data, values: file.values, format }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`${file}: expected JSON: ${errorText(error)}`)
  }
}
