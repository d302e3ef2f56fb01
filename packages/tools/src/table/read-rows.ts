import type { TableFormat } from '@bailiwick/contract'
import { type RawRow, type TableParser, tableParser } from '@bailiwick/core/inputs'

/** The rows of a file while it is read in pieces, and what is known about its columns so far. */
export interface RowReader extends Pick<TableParser, 'columns' | 'cells'> {
  /** Rows that were read. */
  readonly size: number
  /** The rows in the order of the file, some at a time. Can be read once. @throws InputError for a text that is no table */
  batches(): AsyncGenerator<RawRow[]>
}

/** Reads the text of a file as rows. */
export function readRows(text: AsyncIterable<string>, format: TableFormat): RowReader {
  const parser = tableParser(format)
  return {
    columns: () => parser.columns(),
    cells: (row, types) => parser.cells(row, types),
    get size() {
      return parser.size
    },
    async *batches() {
      for await (const piece of text) yield parser.write(piece)
      yield parser.end()
    },
  }
}
