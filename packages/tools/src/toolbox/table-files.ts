import { InputError } from '@bailiwick/contract'
import { decodeText } from '../table/decode-text.ts'
import type { TableFile, TableFormat } from '../table/table.ts'
import { tableFormat } from '../table/table-format.ts'
import { tableNames } from '../table/table-names.ts'
import { FILE_LIMITS } from './file-limits.ts'
import type { RunFile, RunFiles } from './run-files.ts'

/** A file that can be read as a table, not read yet. */
export interface TableSource {
  source: RunFile
  /** What SQL calls it. */
  name: string
  format: TableFormat
}

/** Those of a task's files that can be read as tables, with their names in SQL. */
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
 * The tables that a query names, so that only those are read. An input may also be named after the file
 * that it came as: `weather` or `seattle_weather`, where `weather` is `seattle-weather.csv`.
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

/** How a file can be read as a table; undefined where it cannot. */
export function formatOf({ ref }: RunFile): TableFormat | undefined {
  return tableFormat(ref.name, ref.mediaType)
}

/** Reads tables. @throws InputError when they are too large together. */
export async function readTables(
  files: RunFiles,
  sources: TableSource[],
  signal: AbortSignal,
): Promise<TableFile[]> {
  const total = sources.reduce((sum, { source }) => sum + source.ref.size, 0)
  if (total > FILE_LIMITS.tables) {
    throw new InputError(
      `these tables have ${total} bytes: more than the ${FILE_LIMITS.tables} that are read at a time`,
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
