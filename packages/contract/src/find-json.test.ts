import { describe, expect, it } from 'vitest'
import { findAllJson, findJson, readJson } from './find-json.ts'

const fenced = (text: string) => `\`\`\`json\n${text}\n\`\`\``
const named = (value: unknown) => Object.hasOwn(Object(value), 'name')

describe('findJson', () => {
  it.each([
    ['a bare object', '{"name": "a"}', '{"name": "a"}'],
    ['an object after prose', 'So: {"name": "a"}.', '{"name": "a"}'],
    ['a fenced object, with its fence', `So:\n${fenced('{"name": "a"}')}\nDone.`, fenced('{"name": "a"}')],
    ['a fence that is not closed', 'So:\n```json\n{"name": "a"}', '```json\n{"name": "a"}'],
    [
      'a fenced object after a bare one',
      `{"name": "b"} or ${fenced('{"name": "a"}')}`,
      fenced('{"name": "a"}'),
    ],
    ['an object inside a rejected one', '{"call": {"name": "a"}}', '{"name": "a"}'],
    ['an object after a rejected one', '{"x": 1} {"name": "a"}', '{"name": "a"}'],
    ['a trailing comma', '{"name": "a",}', '{"name": "a",}'],
  ])('finds %s', (_, text, range) => {
    const found = findJson(text, named)
    expect(found?.value).toEqual({ name: 'a' })
    expect(text.slice(found?.start, found?.end)).toBe(range)
  })

  it.each(['', 'prose', '"name"', '{"name": "a"', '{"x": 1}'])('finds nothing in %j', (text) => {
    expect(findJson(text, named)).toBeUndefined()
  })
})

describe('findAllJson', () => {
  it.each<[string, unknown[]]>([
    ['{"a": {"b": [1]}} then [2]', [{ a: { b: [1] } }, [2]]],
    ['{not json} {"a": 1}', [{ a: 1 }]],
    ['{"half": [1, 2], "open": ', [[1, 2]]],
    ['{"text": "a } in a string, and \\" too"}', [{ text: 'a } in a string, and " too' }]],
    ['[1, {"a": 1,},]', [[1, { a: 1 }]]],
    ['{"kept": ",]",}', [{ kept: ',]' }]],
    ['5 "text" null', []],
  ])('finds the outermost objects and arrays of %j', (text, values) => {
    expect(findAllJson(text)).toEqual(values)
  })
})

describe('readJson', () => {
  it.each<[string, unknown]>([
    ['{"a": 1}', { a: 1 }],
    [' "text" ', 'text'],
    ['5', 5],
    [fenced('5'), 5],
    [fenced('{"a": 1,}'), { a: 1 }],
    ['The answer is {"a": 1}, not [2].', { a: 1 }],
    ['null', undefined],
    ['prose', undefined],
  ])('reads %j', (text, value) => {
    expect(readJson(text)).toEqual(value)
  })
})

it.each([
  ['opening brackets', '['.repeat(200_000)],
  ['quotes', '"\\"'.repeat(100_000)],
  ['nested values that are rejected', '['.repeat(20_000) + ']'.repeat(20_000)],
])('gives up on noise of %s instead of scanning it again and again', (_, text) => {
  expect(findJson(text, () => false)).toBeUndefined()
  expect(findAllJson(`${text} x`).length).toBeLessThan(2)
  readJson(text)
})
