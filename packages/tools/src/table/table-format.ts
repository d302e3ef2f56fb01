import { extname } from 'node:path'
import type { TableFormat } from './table.ts'

const BY_EXTENSION: Record<string, TableFormat> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
}

const BY_MEDIA_TYPE: Record<string, TableFormat> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
}

/** How a file can be read as a table, by its name or else its media type; undefined where it cannot. */
export function tableFormat(name: string, mediaType: string): TableFormat | undefined {
  const bare = mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  return BY_EXTENSION[extname(name).toLowerCase()] ?? BY_MEDIA_TYPE[bare]
}
