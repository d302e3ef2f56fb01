import type { TableFormat } from '@bailiwick/contract'
import type { ChildFile } from '../child/child-file.ts'

/** A file that can be read as a table, without its content. */
export interface TableName {
  /** The file's name. */
  file: string
  /** The table's name in SQL. */
  name: string
  format: TableFormat
}

/** A file that can be read as a table: its whole text, or the bytes, which are read in pieces. */
export type TableFile = TableName & ({ text: string } | ChildFile)

/** The content of a file for a child. */
export function contentOf(table: TableFile): ChildFile {
  if (!('text' in table)) return { size: table.size, open: () => table.open() }
  const bytes = Buffer.from(table.text)
  return {
    size: bytes.length,
    async *open() {
      yield bytes
    },
  }
}

/** A file without its content. */
export function nameOf({ file, name, format }: TableFile): TableName {
  return { file, name, format }
}
