import { describe, expect, it } from 'vitest'
import { readTable } from './read-table.ts'

const rows = (text: string, format: 'csv' | 'tsv' | 'json' | 'ndjson' = 'csv') => [
  ...readTable(text, format).rows,
]
const types = (text: string) => readTable(text, 'csv').columns.map(({ type }) => type)

describe('readTable', () => {
  it('reads quotes, line breaks in quotes, either line end, blank lines, no last line end', () => {
    const text = 'a,b\r\n"x, ""y""\nz",1\r\n\r\n,2\n"",3'
    expect(rows(text)).toEqual([
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
  ])('reads %j', (text, expected) => {
    expect(rows(text)).toEqual(expected)
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
  ])('infers the types of %j', (text, expected) => {
    expect(types(text)).toEqual(expected)
  })

  it('counts rows, and gives them as often as they are asked for', () => {
    const { size, rows: again } = readTable('a\n1\n\n2\n', 'csv')
    expect([size, [...again], [...again]]).toEqual([2, [[1], [2]], [[1], [2]]])
  })

  it('makes names unique as SQL compares them, and never empty', () => {
    expect(readTable('Temp,temp,,TEMP\n1,2,3,4', 'csv').columns.map(({ name }) => name)).toEqual([
      'Temp',
      'temp_2',
      'column_3',
      'TEMP_3',
    ])
  })

  it('reads JSON lists, a list inside of an object, and lines', () => {
    expect(rows('[{"a":1},{"b":{"c":2}}]', 'json')).toEqual([
      [1, null],
      [null, '{"c":2}'],
    ])
    expect(rows('{"total":1,"items":[{"a":1}]}', 'json')).toEqual([[1]])
    expect(rows('{"a":1}\n\n{"a":null}\n', 'ndjson')).toEqual([[1], [null]])
  })

  it.each([
    ['a,b\n1,2,3', 'csv', 'row 1 has 3 cells in a table of 2 columns'],
    ['a\n"x\ny', 'csv', 'line 2: a quote is opened and never closed'],
    ['[1,2]', 'json', 'row 1 is 1: wanted an object'],
    ['nonsense', 'json', 'not JSON'],
    ['{"a":1}\n{', 'ndjson', 'line 2: not JSON'],
  ] as const)('says what is wrong with %j as %s', (text, format, reason) => {
    expect(() => readTable(text, format)).toThrow(reason)
  })
})
