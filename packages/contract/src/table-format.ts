import { mediaTypeOf } from './media-type.ts'

/** How the text of a file becomes a table. */
export type TableFormat = 'csv' | 'tsv' | 'json' | 'ndjson'

const FORMATS: Readonly<Record<string, TableFormat>> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
}

/** How a file can be read as a table, by its name or else its media type; undefined if it cannot. */
export function tableFormatOf(file: { name: string; mediaType: string }): TableFormat | undefined {
  const mediaType = file.mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  return FORMATS[mediaTypeOf(file.name)] ?? FORMATS[mediaType]
}
