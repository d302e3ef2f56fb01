import { formatBytes, InputError, type TableFormat, tableFormatOf } from '@bailiwick/contract'
import { queryNames, tableNames } from '@bailiwick/core/inputs'
import type { TableFile } from '../table/table.ts'
import type { RunFile, RunFiles } from './run-files.ts'

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
    const format = tableFormatOf(source.ref)
    return format === undefined ? [] : [{ source, format }]
  })
  const names = queryNames(files)
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

/**
 * The files of tables, which are read when a child asks for them.
 *
 * @param limit bytes of all of them together
 * @param advice what to do about more, for the error
 * @throws InputError if they are too large together
 */
export function tableFiles(
  files: RunFiles,
  sources: readonly TableSource[],
  { limit, advice, signal }: { limit: number; advice: string; signal: AbortSignal },
): TableFile[] {
  const total = sources.reduce((sum, { source }) => sum + source.ref.size, 0)
  if (total > limit) {
    throw new InputError(
      `expected files of at most ${formatBytes(limit)} together, found ${formatBytes(total)}: ${advice}`,
    )
  }
  return sources.map(({ source, name, format }) => ({
    file: source.name,
    name,
    format,
    size: source.ref.size,
    open: () => files.stream(source, signal),
  }))
}
