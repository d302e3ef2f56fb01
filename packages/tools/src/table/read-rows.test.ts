import type { TableFormat } from '@bailiwick/contract'
import type { Cell } from '@bailiwick/core/inputs'
import { describe, expect, it } from 'vitest'
import { readRows } from './read-rows.ts'

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size)
}

/** The whole table, and the same from pieces of any small size. */
async function read(text: string, format: TableFormat = 'csv') {
  const whole = await readPieces(text, format, text.length + 1)
  for (const size of [1, 2, 3, 7]) expect(await readPieces(text, format, size)).toEqual(whole)
  return whole
}

async function readPieces(text: string, format: TableFormat, size: number) {
  const reader = readRows(pieces(text, size), format)
  const raw = []
  for await (const batch of reader.batches()) raw.push(...batch)
  const columns = reader.columns()
  const types = columns.map(({ type }) => type)
  const rows: Cell[][] = raw.map((row) => reader.cells(row, types))
  return { columns, rows, size: reader.size }
}

const rows = async (text: string, format?: TableFormat) => (await read(text, format)).rows
const columns = async (text: string, format?: TableFormat) => (await read(text, format)).columns

describe('readRows', () => {
  it('reads quotes, line breaks in quotes, both line ends, blank lines and a missing last line end', async () => {
    const text = 'a,b\r\n"x, ""y""\nz",1\r\n\r\n,2\n"",3'
    expect(await rows(text)).toEqual([
      ['x, "y"\nz', 1],
      [null, 2],
      [null, 3],
    ])
  })

  it.each([
    ['a;b\n1;2', [[1, 2]]],
    ['a\tb\n1\t2', [[1, 2]]],
    ['a|b\n1|2', [[1, 2]]],
    ['"a;x",b\n1,2', [[1, 2]]],
    ['a,b\n1,', [[1, null]]],
    ['a,b\n1', [[1, null]]],
    ['a', []],
    ['', []],
  ])('reads %j', async (text, expected) => {
    expect(await rows(text)).toEqual(expected)
  })

  it.each([
    ['n\n1\n-2\n0', ['integer']],
    ['n\n1\n2.5\n.5\n1e3', ['number']],
    ['n\n007\n010', ['text']],
    ['n\n12345678901234567890\n1', ['text']],
    ['n\ntrue\nfalse', ['boolean']],
    ['n\n2012-01-01\n2012-01-02T10:00:00Z', ['date']],
    ['n\n1\nNA', ['text']],
    ['n,m\n,1', ['empty', 'integer']],
  ])('infers the types of %j', async (text, expected) => {
    expect((await columns(text)).map(({ type }) => type)).toEqual(expected)
  })

  it.each([
    [[1, null, 2], 'integer'],
    [[1, 2.5], 'number'],
    [['2012-01-01', 'x'], 'text'],
    [['2012-01-01'], 'date'],
    [[1, 'x'], 'mixed'],
    [[true, { a: 1 }], 'mixed'],
    [[{ a: 1 }, [1]], 'json'],
    [[null], 'empty'],
  ])('infers the type of %j', async (values, type) => {
    const list = JSON.stringify(values.map((value) => ({ value })))
    expect(await columns(list, 'json')).toEqual([{ name: 'value', type }])
  })

  it('counts the rows', async () => {
    expect((await read('a\n1\n\n2\n')).size).toBe(2)
    expect((await read('{"a":1}\n\n{"a":2}', 'ndjson')).size).toBe(2)
  })

  it('makes names unique without regard to case, and never empty', async () => {
    expect((await columns('Temp,temp,,TEMP\n1,2,3,4')).map(({ name }) => name)).toEqual([
      'Temp',
      'temp_2',
      'column_3',
      'TEMP_3',
    ])
  })

  it('reads a JSON list, a list in an object, and JSON lines', async () => {
    expect(await rows('[{"a":1},{"b":{"c":2}}]', 'json')).toEqual([
      [1, null],
      [null, '{"c":2}'],
    ])
    expect(await rows('{"total":1,"items":[{"a":1}]}', 'json')).toEqual([[1]])
    expect(await rows('{"a":1}\n\n{"a":null}\n', 'ndjson')).toEqual([[1], [null]])
  })

  it('finds the items of a JSON list, whatever their strings contain', async () => {
    const texts = ['a,b', ']', '}{', '"', '\\', '\\"', '[', 'x\\\\', '\n', 'é😀']
    const list = texts.map((text) => ({ text, list: [text, { text }] }))
    for (const indent of [undefined, 2]) {
      const found = await rows(` ${JSON.stringify(list, undefined, indent)} \n`, 'json')
      expect(found.map(([text]) => text)).toEqual(texts)
    }
    expect(await read('[]', 'json')).toEqual({ columns: [], rows: [], size: 0 })
    expect(await read(' [ ] ', 'json')).toEqual({ columns: [], rows: [], size: 0 })
  })

  it.each([
    ['a,b\n1,2,3', 'csv', 'row 1: expected at most 2 cells, as in the header, found 3'],
    ['a\n"x\ny', 'csv', 'row 1: expected a closing quote, found the end of the file'],
    ['[1,2]', 'json', 'row 1: expected an object, found 1'],
    ['nonsense', 'json', 'expected JSON'],
    ['[{"a":1},{"b"}]', 'json', 'item 2: expected JSON'],
    ['[{"a":1},]', 'json', 'item 2: expected JSON'],
    ['[{"a":1}', 'json', 'expected JSON: the list has no end'],
    ['[{"a":1}] x', 'json', 'expected JSON: found more text after the list'],
    ['', 'json', 'expected JSON'],
    ['{"a":1}\n{', 'ndjson', 'line 2: expected JSON'],
    ['{"a":1}', 'json', 'expected a JSON list of objects, or an object that holds one such list'],
  ] as const)('says what is wrong with %j as %s', async (text, format, message) => {
    for (const size of [1, 3, 100]) {
      await expect(readPieces(text, format, size)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(message),
      })
    }
  })

  it('says that a document which is not a list is too long', async () => {
    const text = `{"rows":[${'{"a":1},'.repeat(4_100_000)}{}]}`
    await expect(readPieces(text, 'json', 1_000_000)).rejects.toThrow(
      'expected a JSON list, or another document of at most 32000000 characters',
    )
  })
})
