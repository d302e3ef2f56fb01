import { formatBytes, InputError, mediaTypeOf } from '@bailiwick/contract'
import { decodeText } from '@bailiwick/core/inputs'
import type { TableFile, TableFormat } from '../table/table.ts'
import { tableNames } from '../table/table-names.ts'
import { FILE_LIMITS, type RunFile, type RunFiles } from './run-files.ts'

/** A file that can be read as a table, before it is read. */
export interface TableSource {
  source: RunFile
  /** The table's name in SQL. */
  name: string
  format: TableFormat
}

/** The files of a task that can be read as tables, with their names in SQL. */
export function tableSources(files: RunFile[]): TableSource[] {
  const tabular = files.flatMap((source) => {
    const format = formatOf(source)
    return format === undefined ? [] : [{ source, format }]
  })
  const names = tableNames(tabular.map(({ source }) => source.name))
  return tabular.map(({ source, format }) => ({
    source,
    format,
    name: names.get(source.name) ?? source.name,
  }))
}

/**
 * The tables that a query names, so that only those are read. A query may also name an input after its original file:
 * if `weather` is `seattle-weather.csv`, both `weather` and `seattle_weather` work.
 */
export function mentionedTables(sources: TableSource[], sql: string): TableSource[] {
  const words = new Set(sql.toLowerCase().match(/[a-z0-9_]+/g))
  const named = sources.filter(({ name }) => words.has(name))
  const aliases = tableNames(sources.map(({ source }) => source.ref.name))
  const meant = sources.flatMap((each) => {
    const alias = aliases.get(each.source.ref.name)
    const taken = alias === undefined || sources.some(({ name }) => name === alias)
    return !taken && words.has(alias) ? [{ ...each, name: alias }] : []
  })
  return [...named, ...meant]
}

const FORMATS: Readonly<Record<string, TableFormat>> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
}

/** How a file can be read as a table, by its name or else its media type; undefined if it cannot. */
export function formatOf({ ref }: RunFile): TableFormat | undefined {
  const mediaType = ref.mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  return FORMATS[mediaTypeOf(ref.name)] ?? FORMATS[mediaType]
}

/** Reads tables. @throws InputError if they are too large together */
export async function readTables(
  files: RunFiles,
  sources: TableSource[],
  signal: AbortSignal,
): Promise<TableFile[]> {
  const total = sources.reduce((sum, { source }) => sum + source.ref.size, 0)
  if (total > FILE_LIMITS.tables) {
    throw new InputError(
      `expected tables of at most ${formatBytes(FILE_LIMITS.tables)} together, found ${formatBytes(total)}`,
    )
  }
  return Promise.all(
    sources.map(async ({ source, name, format }) => ({
      file: source.name,
      name,
      format,
      text: decodeText(await files.read(source, signal)),
    })),
  )
}
