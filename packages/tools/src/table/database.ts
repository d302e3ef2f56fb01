import { constants, DatabaseSync } from 'node:sqlite'

/** The only pragmas that tell of tables and change nothing. */
const PRAGMAS = new Set(['table_info', 'table_xinfo', 'table_list'])

/** Functions that reach out of SQL. Extensions are off anyhow; this says so earlier. */
const FUNCTIONS = new Set(['load_extension', 'fts3_tokenizer'])

/** Characters of SQL, and bytes of one value. */
const LIMITS = { sqlLength: 100_000, length: 64_000_000, attach: 0, exprDepth: 1_000 }

/** An empty database in memory that can take no other one in, and no extension. */
export function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:', {
    allowExtension: false,
    defensive: true,
    limits: LIMITS,
    readBigInts: true,
    returnArrays: true,
  })
  // Sorting must not go to a temporary file: this process may write none.
  database.exec('pragma temp_store = memory; pragma trusted_schema = off')
  return database
}

/**
 * From here on the database is read only, and reaches nothing but its own tables. Everything that is not
 * on the list is refused, so that a new kind of statement is refused as well.
 */
export function guard(database: DatabaseSync): void {
  if (!('setAuthorizer' in database))
    throw new Error('SQL needs Node 24.10 or newer: it cannot be guarded here')
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
