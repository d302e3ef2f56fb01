import { errorText, InputError } from '@bailiwick/contract/world'
import { csvRecords, guessDelimiter } from '@bailiwick/core/inputs'
import { TextColumn, typedCell, valueColumnType } from './column-type.ts'
import type { Cell, Table, TableFormat } from './table.ts'

/** Reads the text of a file as a table. @throws InputError that says where the text is not one */
export async function readTable(text: string, format: TableFormat): Promise<Table> {
  switch (format) {
    case 'csv':
      return fromCsv(text, guessDelimiter(text))
    case 'tsv':
      return fromCsv(text, '\t')
    case 'json':
      return fromObjects(jsonRows(parseLine(text, '')))
    case 'ndjson':
      return fromObjects(
        text
          .split('\n')
          .map((line, index) => ({ line, index }))
          .filter(({ line }) => line.trim() !== '')
          .map(({ line, index }) => parseLine(line, `line ${index + 1}: `)),
      )
  }
}

/** Reads the text once for the types and again for each pass over the rows, so that it never holds all cells. */
async function fromCsv(text: string, delimiter: string): Promise<Table> {
  let names: string[] | undefined
  let columns: TextColumn[] = []
  let size = 0
  for await (const record of csvRecords(text, delimiter)) {
    if (names === undefined) {
      names = columnNames(record)
      columns = names.map(() => new TextColumn())
      continue
    }
    size++
    if (record.length > names.length) {
      throw new InputError(
        `row ${size}: expected at most ${names.length} cells, as in the header, found ${record.length}`,
      )
    }
    for (const [index, cell] of record.entries()) columns[index]?.add(cell)
  }
  const types = columns.map(({ type }) => type)
  return {
    columns: (names ?? []).map((name, index) => ({ name, type: types[index] ?? 'empty' })),
    size,
    rows: {
      async *[Symbol.asyncIterator]() {
        let header = true
        for await (const record of csvRecords(text, delimiter)) {
          if (!header) yield types.map((type, index) => typedCell(record[index] ?? '', type))
          header = false
        }
      },
    },
  }
}

/** The rows of a JSON document: the document itself if it is a list, or else the only list of objects in it. */
function jsonRows(document: unknown): unknown[] {
  if (Array.isArray(document)) return document
  const lists = isObject(document) ? Object.values(document).filter(isListOfObjects) : []
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return only
  throw new InputError('expected a JSON list of objects, or an object that holds one such list')
}

function fromObjects(rows: unknown[]): Table {
  const objects = rows.map((row, index) => {
    if (isObject(row)) return row
    throw new InputError(
      `row ${index + 1}: expected an object, found ${JSON.stringify(row)?.slice(0, 40) ?? 'nothing'}`,
    )
  })
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))]
  const names = columnNames(keys)
  return {
    columns: keys.map((key, index) => ({
      name: names[index] ?? key,
      type: valueColumnType(objects.map((object) => object[key])),
    })),
    size: objects.length,
    rows: objects.map((object) => keys.map((key) => jsonCell(object[key]))),
  }
}

function jsonCell(value: unknown): Cell {
  if (value === undefined || value === null) return null
  if (typeof value === 'object') return JSON.stringify(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** The names of the file, changed only to be unique (SQL ignores case) and not empty. */
function columnNames(header: string[]): string[] {
  const taken = new Set<string>()
  return header.map((text, index) => {
    const plain = text.replaceAll(/\s+/g, ' ').replaceAll('\0', '').trim() || `column_${index + 1}`
    let name = plain
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${plain}_${count}`
    taken.add(name.toLowerCase())
    return name
  })
}

/** Not `parseJson`, because the author of the file needs to know what is wrong with it. */
function parseLine(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`${where}expected JSON: ${errorText(error)}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}
