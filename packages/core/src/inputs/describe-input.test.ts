import { describe, expect, it } from 'vitest'
import { describeInput } from './describe-input.ts'

describe('describeInput', () => {
  it('tells a CSV’s columns with types and ranges, and its first rows', () => {
    const text =
      'date,rain,kind,note\n2012-01-01,0.5,sun,"a, ""b"""\n2012-01-02,12,rain,\n2012-01-03,3,sun,c\n'
    expect(
      describeInput('weather', { text, mediaType: 'text/csv' }),
    ).toBe(`weather: text/csv, 89 bytes, 3 rows × 4 columns
  date: date, 2012-01-01 to 2012-01-03
  rain: number as text, 0.5 to 12
  kind: text, one of "sun", "rain"
  note: text, one of "a, \\"b\\"", "c", 1 empty
  first rows:
  {"date":"2012-01-01","rain":"0.5","kind":"sun","note":"a, \\"b\\""}
  {"date":"2012-01-02","rain":"12","kind":"rain","note":""}
  {"date":"2012-01-03","rain":"3","kind":"sun","note":"c"}`)
  })

  it('reads bytes, tabs, a byte order mark and Windows line ends', () => {
    const bytes = new TextEncoder().encode('\uFEFFa\tb\r\n1\t2\r\n')
    expect(describeInput('t', { bytes, mediaType: 'text/tab-separated-values' })).toContain(
      'a: whole number as text, 1 to 1',
    )
  })

  it('tells a JSON list of objects as a table', () => {
    const text = JSON.stringify([{ a: 1 }, { a: 2.5 }])
    expect(describeInput('t', { text, mediaType: 'application/json' })).toContain(
      '2 rows × 1 columns\n  a: number, 1 to 2.5',
    )
  })

  it.each([
    ['short', 'short: text "short"'],
    ['x'.repeat(1000), '1000 characters, 1 lines; begins'],
    [42, 'number 42'],
    [null, 'null null'],
    [[1, 2, 3, 4], 'list of 4 (number); first [1,2,3]'],
    [[], 'list of 0 (empty)'],
    [{ a: 1 }, 'object {"a":1}'],
    [{ a: 'x'.repeat(500), b: [1, 2] }, 'object with 2 keys: a (string), b (list of 2)'],
    [new Uint8Array(5), 'Uint8Array, 5 bytes'],
    [new Map([[1, 2]]), 'Map of 1'],
    [new Date(0), 'Date 1970-01-01T00:00:00.000Z'],
    [10n, 'bigint 10'],
    [undefined, 'undefined undefined'],
  ])('%s', (value, words) => {
    expect(describeInput(typeof value === 'string' && value.length < 9 ? value : 'v', value)).toContain(words)
  })

  it('never dumps: a million cells stay a screen', () => {
    const rows = Array.from({ length: 50_000 }, (_, n) => ({ n, text: 'x'.repeat(20) + n }))
    expect(describeInput('rows', rows).length).toBeLessThan(1_000)
    const wide = [Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`c${n}`, n]))]
    expect(describeInput('wide', wide).length).toBeLessThan(3_000)
  })

  it.each([
    ['image/png', 'p: image/png, 3 bytes'],
    ['application/json', 'not valid JSON'],
    ['text/plain', 'text "a,b"'],
  ])('%s', (mediaType, words) => {
    expect(describeInput('p', { text: 'a,b', mediaType })).toContain(words)
  })
})
