/** A value of a table. Dates are ISO text, nested JSON values are JSON text. */
export type Cell = string | number | boolean | null

/** The type of a column's values, without its nulls; `empty` if all of them are null. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'text' | 'json' | 'mixed' | 'empty'

export interface Column {
  name: string
  type: ColumnType
}

/** The content of a CSV or JSON file. */
export interface Table {
  columns: Column[]
  /** The number of rows. */
  size: number
  /** Each row is as long as `columns`. Can be iterated more than once. */
  rows: Iterable<Cell[]> | AsyncIterable<Cell[]>
}

/** How the text of a file becomes a table. */
export type TableFormat = 'csv' | 'tsv' | 'json' | 'ndjson'

/** A file of a run that can be read as a table, with its whole text. */
export interface TableFile {
  /** The file's name. */
  file: string
  /** The table's name in SQL. */
  name: string
  format: TableFormat
  text: string
}

/** The rows as objects, by column. */
export async function rowObjects({ columns, rows }: Table): Promise<Record<string, Cell>[]> {
  const objects: Record<string, Cell>[] = []
  for await (const row of rows) {
    objects.push(Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])))
  }
  return objects
}
