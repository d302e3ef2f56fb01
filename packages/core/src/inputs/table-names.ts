import { basename, extname } from 'node:path'

/**
 * The name of each file in SQL: its name without the extension, as an identifier that needs no quotes
 * (`Seattle weather.csv` → `seattle_weather`). Repeated names get `_2`, `_3` and so on.
 */
export function tableNames(files: readonly string[]): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const file of files) {
    const plain = identifier(basename(file, extname(file)))
    let name = plain
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
    taken.add(name)
    names.set(file, name)
  }
  return names
}

function identifier(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  if (words === '') return 'data'
  return /^[0-9]/.test(words) || KEYWORDS.has(words) || words.startsWith('sqlite_') ? `t_${words}` : words
}

/** SQLite's keywords that cannot be a table's name without quotes. */
const KEYWORDS = new Set(
  (
    'add all alter and as autoincrement between case check collate commit constraint create default ' +
    'deferrable delete distinct drop else escape except exists foreign from group having if in index ' +
    'indexed insert intersect into is isnull join limit not nothing notnull null on or order primary ' +
    'references returning select set table then to transaction union unique update using values when where'
  ).split(' '),
)

/**
 * A column's name as SQL wants it: in double quotes, unless it is a plain word that means nothing else.
 *
 * @example
 * columnInSql('Cost Total $') // '"Cost Total $"'
 */
export function columnInSql(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name.toLowerCase())
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`
}
