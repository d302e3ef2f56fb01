/** A value of a table. Dates are ISO text, nested JSON values are JSON text. */
export type Cell = string | number | boolean | null

/** What the values of a column are, without its nulls. `empty`: it has nothing else. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'text' | 'json' | 'mixed' | 'empty'

export interface Column {
  name: string
  type: ColumnType
}

/** The content of a CSV or JSON file. */
export interface Table {
  columns: Column[]
  /** How many rows there are. */
  size: number
  /** Each as long as `columns`; may be gone through again and again. */
  rows: Iterable<Cell[]>
}

/** How the text of a file becomes a table. */
export type TableFormat = 'csv' | 'tsv' | 'json' | 'ndjson'

/** A file of a run that can be read as a table, whole. */
export interface TableFile {
  /** The file's name. */
  file: string
  /** What SQL calls it. */
  name: string
  format: TableFormat
  text: string
}

/** The rows as objects. */
export function rowObjects(table: Table): Record<string, Cell>[] {
  return Array.from(table.rows, (row) =>
    Object.fromEntries(table.columns.map(({ name }, index) => [name, row[index] ?? null])),
  )
}
