import { describe, expect, it } from 'vitest'
import { readTable } from './read-table.ts'
import type { Cell, Table, TableFormat } from './table.ts'

async function collect({ rows }: Pick<Table, 'rows'>): Promise<Cell[][]> {
  const collected: Cell[][] = []
  for await (const row of rows) collected.push(row)
  return collected
}

const rows = async (text: string, format: TableFormat = 'csv') => collect(await readTable(text, format))
const columns = async (text: string) => (await readTable(text, 'csv')).columns

describe('readTable', () => {
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

  it('counts the rows, which can be iterated more than once', async () => {
    const table = await readTable('a\n1\n\n2\n', 'csv')
    expect([table.size, await collect(table), await collect(table)]).toEqual([2, [[1], [2]], [[1], [2]]])
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

  it.each([
    ['a,b\n1,2,3', 'csv', 'row 1: expected at most 2 cells, as in the header, found 3'],
    ['a\n"x\ny', 'csv', 'row 1: expected a closing quote, found the end of the file'],
    ['[1,2]', 'json', 'row 1: expected an object, found 1'],
    ['nonsense', 'json', 'expected JSON'],
    ['{"a":1}\n{', 'ndjson', 'line 2: expected JSON'],
    ['{"a":1}', 'json', 'expected a JSON list of objects, or an object that holds one such list'],
  ] as const)('says what is wrong with %j as %s', async (text, format, message) => {
    await expect(readTable(text, format)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
    })
  })
})
