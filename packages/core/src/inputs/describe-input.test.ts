import { describe, expect, it } from 'vitest'
import { describeInput } from './describe-input.ts'

describe('describeInput', () => {
  it('describes the columns of a CSV with types and ranges, and its first rows', () => {
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

  it('guesses the delimiter and the encoding of a CSV', () => {
    const bytes = new Uint8Array([...'Stra\u00dfe;n\nA;1'].map((letter) => letter.charCodeAt(0)))
    expect(describeInput('t', { bytes, mediaType: 'text/csv' })).toContain(
      '1 rows × 2 columns\n  Straße: text',
    )
  })

  it('counts the rows of a long CSV, of which it reads the first', () => {
    const text = `n,m\n${Array.from({ length: 30_000 }, (_, n) => `${n},x`).join('\n')}`
    const description = describeInput('t', { text, mediaType: 'text/csv' })
    expect(description).toContain('30000 rows × 2 columns\n  n: whole number as text, 0 to 19999')
  })

  it('names the line where a CSV is not a table', () => {
    const description = describeInput('t', { text: 'a,b\n1,"2', mediaType: 'text/csv' })
    expect(description).toContain('not a valid table (row 1: expected a closing quote')
    expect(description).toContain('begins "a,b\\n1,\\"2"')
  })

  it('describes a JSON list of objects as a table', () => {
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
  ])('describes the value %s', (value, words) => {
    expect(describeInput(typeof value === 'string' && value.length < 9 ? value : 'v', value)).toContain(words)
  })

  it('describes a million cells on one screen', () => {
    const rows = Array.from({ length: 50_000 }, (_, n) => ({ n, text: 'x'.repeat(20) + n }))
    expect(describeInput('rows', rows).length).toBeLessThan(1_000)
    const wide = [Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`c${n}`, n]))]
    expect(describeInput('wide', wide).length).toBeLessThan(3_000)
  })

  it.each([
    ['image/png', 'p: image/png, 3 bytes'],
    ['application/json', 'not valid JSON'],
    ['text/plain', 'text "a,b"'],
  ])('describes a file of type %s', (mediaType, words) => {
    expect(describeInput('p', { text: 'a,b', mediaType })).toContain(words)
  })
})
