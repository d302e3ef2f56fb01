import { InputError, type TableFormat } from '@bailiwick/contract/world'
import { type Cell, type Column, type ColumnType, TextColumn, typedCell, ValueColumn } from './column-type.ts'
import { CsvParser, guessDelimiter, MAX_RECORD_CHARS } from './csv.ts'
import { isObject, JsonItems, parseJsonText } from './json-items.ts'

/** A row as its file has it: the texts of a CSV record, or an object. */
export type RawRow = string[] | Record<string, unknown>

/** Reads the text of a file as rows, piece by piece, and knows its columns so far. */
export interface TableParser {
  /** By the rows that were read. All rows together decide. */
  columns(): Column[]
  /** Rows that were read. */
  readonly size: number
  /** The rows that end in this piece of the text. @throws InputError for a text that is no table */
  write(piece: string): RawRow[]
  /** Call after the last piece. @throws as {@link write} */
  end(): RawRow[]
  /** The cells of a row of this file, in the order of `columns`. */
  cells(row: RawRow, types: readonly ColumnType[]): Cell[]
}

/**
 * A parser for the text of one file. Queries and descriptions use the same one, so that the names and types that a
 * prompt shows are those of the query.
 */
export function tableParser(format: TableFormat): TableParser {
  switch (format) {
    case 'csv':
    case 'tsv':
      return new CsvRows(format)
    case 'json':
      return new ObjectRows((deliver) => new JsonItems(deliver))
    case 'ndjson':
      return new ObjectRows(lineParser)
  }
}

/** Text that a delimiter is guessed from, if its first line is longer. */
const FIRST_CHARS = 64 * 1024

class CsvRows implements TableParser {
  readonly #format: TableFormat
  #names: string[] | undefined
  #columns: TextColumn[] = []
  #parser: CsvParser | undefined
  /** What was written before the delimiter is known. */
  #first = ''
  #batch: string[][] = []
  size = 0

  constructor(format: TableFormat) {
    this.#format = format
  }

  columns(): Column[] {
    return (this.#names ?? []).map((name, index) => ({ name, type: this.#columns[index]?.type ?? 'empty' }))
  }

  write(piece: string): string[][] {
    if (this.#parser !== undefined) this.#parser.write(piece)
    else {
      this.#first += piece
      if (this.#first.length >= FIRST_CHARS || /[\r\n]/.test(this.#first)) this.#begin()
    }
    return this.#taken()
  }

  end(): string[][] {
    const parser = this.#parser ?? this.#begin()
    parser.end()
    return this.#taken()
  }

  cells(row: RawRow, types: readonly ColumnType[]): Cell[] {
    const record = row as string[]
    return types.map((type, index) => typedCell(record[index] ?? '', type))
  }

  #begin(): CsvParser {
    const delimiter = this.#format === 'tsv' ? '\t' : guessDelimiter(this.#first)
    this.#parser = new CsvParser(delimiter, (record) => this.#add(record))
    this.#parser.write(this.#first)
    this.#first = ''
    return this.#parser
  }

  #taken(): string[][] {
    const batch = this.#batch
    this.#batch = []
    return batch
  }

  #add(record: string[]): void {
    if (this.#names === undefined) {
      this.#names = columnNames(record)
      this.#columns = record.map(() => new TextColumn())
      return
    }
    this.size += 1
    if (record.length > this.#names.length) {
      throw new InputError(
        `row ${this.size}: expected at most ${this.#names.length} cells, as in the header, found ${record.length}`,
      )
    }
    const columns = this.#columns
    for (let index = 0; index < record.length; index++) columns[index]?.add(record[index] ?? '')
    this.#batch.push(record)
  }
}

/** Reads the objects of a text that arrives in pieces. */
interface ItemParser {
  write(piece: string): void
  end(): void
}

/** The columns of a list of objects, by key, in the order of their appearance. */
export class ObjectColumns {
  readonly #columns = new Map<string, ValueColumn>()

  add(row: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(row)) {
      const column = this.#columns.get(key) ?? new ValueColumn()
      this.#columns.set(key, column)
      column.add(value)
    }
  }

  keys(): Iterable<string> {
    return this.#columns.keys()
  }

  types(): ColumnType[] {
    return Array.from(this.#columns.values(), ({ type }) => type)
  }
}

class ObjectRows implements TableParser {
  readonly #parser: ItemParser
  readonly #columns = new ObjectColumns()
  #batch: RawRow[] = []
  size = 0

  constructor(parserOf: (deliver: (item: unknown) => void) => ItemParser) {
    this.#parser = parserOf((item) => this.#batch.push(this.#checked(item)))
  }

  columns(): Column[] {
    const names = columnNames([...this.#columns.keys()])
    return this.#columns.types().map((type, index) => ({ name: names[index] ?? '', type }))
  }

  write(piece: string): RawRow[] {
    this.#parser.write(piece)
    return this.#taken()
  }

  end(): RawRow[] {
    this.#parser.end()
    return this.#taken()
  }

  cells(row: RawRow): Cell[] {
    const object = row as Record<string, unknown>
    return Array.from(this.#columns.keys(), (key) => jsonCell(object[key]))
  }

  #taken(): RawRow[] {
    const batch = this.#batch
    this.#batch = []
    return batch
  }

  #checked(item: unknown): RawRow {
    this.size += 1
    if (!isObject(item)) {
      throw new InputError(
        `row ${this.size}: expected an object, found ${JSON.stringify(item)?.slice(0, 40) ?? 'nothing'}`,
      )
    }
    this.#columns.add(item)
    return item
  }
}

/** Reads JSON lines. Blank lines do not count as rows. */
function lineParser(deliver: (item: unknown) => void): ItemParser {
  let rest = ''
  let count = 0
  const read = (line: string) => {
    count += 1
    if (line.trim() !== '') deliver(parseJsonText(line, `line ${count}: `))
  }
  return {
    write(piece) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) read(line)
      if (rest.length > MAX_RECORD_CHARS)
        throw new InputError(`line ${count + 1}: expected at most ${MAX_RECORD_CHARS} characters, found more`)
    },
    end: () => read(rest),
  }
}

function jsonCell(value: unknown): Cell {
  if (value === undefined || value === null) return null
  if (typeof value === 'object') return JSON.stringify(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** The names of the file, changed only to be unique (SQL ignores case) and not empty. */
function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>()
  return header.map((text, index) => {
    const plain = text.replaceAll(/\s+/g, ' ').replaceAll('\0', '').trim() || `column_${index + 1}`
    let name = plain
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${plain}_${count}`
    taken.add(name.toLowerCase())
    return name
  })
}
