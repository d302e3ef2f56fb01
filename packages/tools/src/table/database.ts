import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { InputError } from '@bailiwick/contract/world'
import type { Cell, Column, ColumnType, RawRow } from '@bailiwick/core/inputs'
import type { ChildTable } from './child-table.ts'
import type { RowReader } from './read-rows.ts'

/** The only pragmas allowed: they describe tables and change nothing. */
const PRAGMAS = new Set(['table_info', 'table_xinfo', 'table_list'])

/** Functions that leave SQL. Extensions are off anyway; the refusal says so earlier. */
const FUNCTIONS = new Set(['load_extension', 'fts3_tokenizer'])

/** Characters of SQL, and bytes of one value. */
const LIMITS = { sqlLength: 100_000, length: 64_000_000, attach: 0, exprDepth: 1_000 }

/** Kibibytes of a database that stay in memory. The rest goes to temporary files without names. */
const CACHE_KIB = 64 * 1024

/** Rows that the types of a table are guessed from, before all rows decide. */
const GUESSED_ROWS = 10_000
/** Pieces of the file, of 64 KB, that they are guessed from, because long rows would fill the memory. */
const GUESSED_PIECES = 64

/** An empty temporary database that can attach no other database and load no extension. */
export function openDatabase(): DatabaseSync {
  // An empty name: SQLite keeps the database in memory until it is larger than its cache, then in a file that has no name
  // and is gone with the process. The permissions of this process cover neither.
  const database = new DatabaseSync('', {
    allowExtension: false,
    defensive: true,
    limits: LIMITS,
    readBigInts: true,
    returnArrays: true,
  })
  database.exec(
    `pragma cache_size = -${CACHE_KIB}; pragma journal_mode = memory; pragma trusted_schema = off`,
  )
  return database
}

/**
 * Copies a table into the database. All names are quoted, so that nothing in a file is read as SQL.
 *
 * All rows decide about the types of the columns, but most tables show them at their beginning. So the first rows are
 * taken for all of them, and only if a later row does not fit is the file read a second time.
 *
 * @param sql the query. Of a table with too many columns for SQL, only those that it names are copied
 */
export function loadTable(database: DatabaseSync, table: ChildTable, sql: string): Promise<Column[]> {
  const { name } = table.about
  const inserterOf = (columns: readonly Column[]) =>
    new Inserter(database, name, columns, usedColumns(name, columns, sql))
  return table.read(
    async (open) => {
      const reader = open()
      const first: RawRow[] = []
      let pieces = 0
      let inserter: Inserter | undefined
      let hasFitted = true
      for await (const rows of reader.batches()) {
        if (inserter === undefined) {
          for (const row of rows) first.push(row)
          pieces += 1
          if (first.length < GUESSED_ROWS && (pieces < GUESSED_PIECES || first.length === 0)) continue
          inserter = inserterOf(reader.columns())
          inserter.insert(reader, first.splice(0))
        } else if (hasFitted) {
          hasFitted = inserter.fits(reader.columns())
          if (hasFitted) inserter.insert(reader, rows)
        }
      }
      const columns = reader.columns()
      if (columns.length === 0) return columns
      if (inserter !== undefined && hasFitted) {
        inserter.end()
        return columns
      }
      inserter?.drop()
      const whole = inserterOf(columns)
      whole.insert(reader, first)
      if (inserter !== undefined) {
        for await (const rows of open().batches()) whole.insert(reader, rows)
      }
      whole.end()
      return columns
    },
    () => {
      if (database.isTransaction) database.exec('commit')
      database.exec(`drop table if exists ${quote(name)}`)
    },
  )
}

/** Columns of an SQL table: SQLite's limit. */
const MAX_SQL_COLUMNS = 2_000

/**
 * The columns that a query names, if the table has more than SQL allows; undefined if all fit.
 *
 * @throws InputError if the query wants all columns, or names too many
 */
function usedColumns(table: string, columns: readonly Column[], sql: string): number[] | undefined {
  if (columns.length <= MAX_SQL_COLUMNS) return undefined
  const text = sql.toLowerCase()
  const named = columns.flatMap(({ name }, index) => (text.includes(name.toLowerCase()) ? [index] : []))
  if (named.length <= MAX_SQL_COLUMNS && !/(\bselect\s+(all\s+|distinct\s+)?|,\s*|\.\s*)\*/.test(text))
    return named.length > 0 ? named : [0]
  throw new InputError(
    `expected a query that names the columns which it needs of ${table}, because the table has ${columns.length} columns and SQL reads at most ${MAX_SQL_COLUMNS}`,
  )
}

/** Cells that are inserted at a time: twice as fast as row by row. */
const CELLS_AT_ONCE = 200

/** Fills one table. */
class Inserter {
  readonly #database: DatabaseSync
  readonly #name: string
  /** Of all columns of the file. */
  readonly #types: ColumnType[]
  /** Columns that are copied. */
  readonly #width: number
  /** Inserts several rows. */
  readonly #many: StatementSync
  readonly #one: StatementSync
  /** Cells of `#many`. */
  readonly #full: number
  /** The indexes of the columns that are copied; undefined for all. */
  readonly #used: readonly number[] | undefined
  #cells: (string | number | null)[] = []

  constructor(
    database: DatabaseSync,
    name: string,
    columns: readonly Column[],
    used: readonly number[] | undefined,
  ) {
    this.#database = database
    this.#name = quote(name)
    this.#types = columns.map(({ type }) => type)
    this.#used = used
    const copied = used === undefined ? columns : columns.filter((_, index) => used.includes(index))
    this.#width = copied.length
    const declared = copied.map((column) => `${quote(column.name)} ${AFFINITY[column.type]}`)
    database.exec(`create table ${this.#name} (${declared.join(', ')})`)
    const rows = Math.max(1, Math.floor(CELLS_AT_ONCE / this.#width))
    this.#full = rows * this.#width
    this.#many = this.#prepare(rows)
    this.#one = this.#prepare(1)
    database.exec('begin')
  }

  #prepare(rows: number): StatementSync {
    const row = `(${Array(this.#width).fill('?').join(', ')})`
    const values = Array.from({ length: rows }, () => row).join(', ')
    return this.#database.prepare(`insert into ${this.#name} values ${values}`)
  }

  /** Whether columns are those that the table was made for. */
  fits(columns: readonly Column[]): boolean {
    return (
      columns.length === this.#types.length && columns.every(({ type }, index) => type === this.#types[index])
    )
  }

  insert(reader: RowReader, rows: readonly RawRow[]): void {
    for (const row of rows) {
      const cells = reader.cells(row, this.#types)
      if (this.#used === undefined) for (const cell of cells) this.#cells.push(bindable(cell))
      else for (const index of this.#used) this.#cells.push(bindable(cells[index] ?? null))
      if (this.#cells.length < this.#full) continue
      this.#many.run(...this.#cells)
      this.#cells = []
    }
  }

  end(): void {
    for (let from = 0; from < this.#cells.length; from += this.#width)
      this.#one.run(...this.#cells.slice(from, from + this.#width))
    this.#cells = []
    this.#database.exec('commit')
  }

  drop(): void {
    this.end()
    this.#database.exec(`drop table ${this.#name}`)
  }
}

/**
 * Makes the database read-only and limited to its own tables. Refuses every action that is not listed, so that new kinds
 * of statements are refused too.
 */
export function guard(database: DatabaseSync): void {
  if (!('setAuthorizer' in database))
    throw new Error(`expected Node 24.10 or newer to guard SQL, found ${process.version}`)
  const {
    SQLITE_OK,
    SQLITE_DENY,
    SQLITE_SELECT,
    SQLITE_READ,
    SQLITE_RECURSIVE,
    SQLITE_FUNCTION,
    SQLITE_PRAGMA,
  } = constants
  database.setAuthorizer((action, first, second) => {
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE:
        return SQLITE_OK
      case SQLITE_FUNCTION:
        return second !== null && FUNCTIONS.has(second) ? SQLITE_DENY : SQLITE_OK
      case SQLITE_PRAGMA:
        return first !== null && PRAGMAS.has(first) ? SQLITE_OK : SQLITE_DENY
      default:
        return SQLITE_DENY
    }
  })
}

/** With affinity `blob`, SQLite stores each value unchanged. */
const AFFINITY: Record<ColumnType, string> = {
  integer: 'integer',
  number: 'real',
  boolean: 'integer',
  date: 'text',
  text: 'text',
  json: 'text',
  mixed: 'blob',
  empty: 'blob',
}

function bindable(cell: Cell): string | number | null {
  return typeof cell === 'boolean' ? Number(cell) : cell
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
