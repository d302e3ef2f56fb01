import { expect, it } from 'vitest'
import { readableAnswer } from './readable-answer.ts'

it.each([
  ['text', 'It is 5.', { text: 'It is 5.' }],
  ['a figure', 5.123456789, { text: '5.123', data: 5.123456789 }],
  ['a text and data', { answer: 'It is 5.', data: { n: 5 } }, { text: 'It is 5.', data: { n: 5 } }],
  ['a text alone', { answer: 'It is 5.' }, { text: 'It is 5.' }],
  ['a text and fields', { answer: 'It is 5.', n: 5 }, { text: 'It is 5.', data: { n: 5 } }],
  ['one field', { mean: 5.123456789 }, { text: 'mean: 5.123', data: { mean: 5.123456789 } }],
  ['nothing', null, { text: '–', data: null }],
])('shows %s', (_, answer, readable) => {
  expect(readableAnswer(answer)).toEqual(readable)
})

it('shows fields, lists and tables, with figures rounded', () => {
  const rows = [
    { month: 'May', mean: 16.12345678901 },
    { month: 'June', mean: 18 },
  ]
  const { text } = readableAnswer({
    warmest: 'June',
    mean: 17.0617283945,
    dry: true,
    names: ['a', 'b'],
    rows,
    nested: { low: -0.000123456, rows: [] },
    note: 'two\nlines',
  })
  expect(text).toBe(`- warmest: June
- mean: 17.062
- dry: true
- names: a, b

**rows**

| month | mean |
| --- | ---: |
| May | 16.123 |
| June | 18 |

**nested**

- low: -0.000123
- rows: none

**note**

two
lines`)
})

it('shows the first rows of a large table, and how many there are', () => {
  const { text, data } = readableAnswer(Array.from({ length: 250 }, (_, day) => ({ day, rain: day / 3 })))
  expect(text.split('\n')).toHaveLength(104)
  expect(text).toMatch(/150 more rows$/)
  expect(data).toHaveLength(250)
})

it('shows lists of nested data, and very deep data as JSON', () => {
  expect(readableAnswer([{ a: { b: 1 } }, { a: { b: 2 } }]).text).toContain('**2**\n\n**a**\n\nb: 2')
  expect(readableAnswer({ a: { b: { c: { d: { e: 1 } } } } }).text).toContain('`{"e":1}`')
})
