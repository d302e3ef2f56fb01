import { BadRequest } from '../errors/bad-request.ts'
import { TextColumn, typedCell, valueColumnType } from './column-type.ts'
import { csvRecords, guessDelimiter } from './parse-csv.ts'
import type { Cell, Table, TableFormat } from './table.ts'

/** Reads the text of a file as a table. @throws BadRequest that says where it is none. */
export function readTable(text: string, format: TableFormat): Table {
  switch (format) {
    case 'csv':
      return fromRecords(() => csvRecords(text, guessDelimiter(text)))
    case 'tsv':
      return fromRecords(() => csvRecords(text, '\t'))
    case 'json':
      return fromObjects(jsonRows(parseJson(text, '')))
    case 'ndjson':
      return fromObjects(
        text
          .split('\n')
          .map((line, index) => ({ line, index }))
          .filter(({ line }) => line.trim() !== '')
          .map(({ line, index }) => parseJson(line, `line ${index + 1}: `)),
      )
  }
}

/** Reads the text twice, for the types and for the rows, instead of keeping all cells of a large file. */
function fromRecords(records: () => Iterable<string[]>): Table {
  let names: string[] | undefined
  let columns: TextColumn[] = []
  let size = 0
  for (const record of records()) {
    if (names === undefined) {
      names = columnNames(record)
      columns = names.map(() => new TextColumn())
      continue
    }
    size++
    if (record.length > names.length) {
      throw new BadRequest(`row ${size} has ${record.length} cells in a table of ${names.length} columns`)
    }
    for (const [index, text] of record.entries()) columns[index]?.add(text)
  }
  const types = columns.map(({ type }) => type)
  return {
    columns: (names ?? []).map((name, index) => ({ name, type: types[index] ?? 'empty' })),
    size,
    rows: {
      *[Symbol.iterator]() {
        let header = true
        for (const record of records()) {
          if (!header) yield types.map((type, index) => typedCell(record[index] ?? '', type))
          header = false
        }
      },
    },
  }
}

/** The rows of a JSON document: the list that it is, or the only list of objects in it. */
function jsonRows(document: unknown): unknown[] {
  if (Array.isArray(document)) return document
  const lists = isObject(document) ? Object.values(document).filter(isListOfObjects) : []
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return only
  throw new BadRequest('no table: wanted a JSON list of objects, or an object that holds one such list')
}

function fromObjects(rows: unknown[]): Table {
  const objects = rows.map((row, index) => {
    if (isObject(row)) return row
    throw new BadRequest(`row ${index + 1} is ${JSON.stringify(row)?.slice(0, 40)}: wanted an object`)
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

/** Names as in the file; unique, as SQL compares them, and never empty. */
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

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadRequest(`${where}not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}
