import { nearestNames, unknownName } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { checkValue, validateInput } from './check-value.ts'

describe('nearestNames', () => {
  const known = ['readFile', 'writeArtifact', 'queryTable', 'drawChart']
  it.each([
    ['read_file', ['readFile']],
    ['ReadFile', ['readFile']],
    ['reedfile', ['readFile']],
    ['query', ['queryTable']],
    ['chart', ['drawChart']],
    ['somethingElse', []],
    ['', []],
  ])('%s', (wrong, near) => {
    expect(nearestNames(wrong, known)).toEqual(near)
  })

  it('says what there is when nothing is near', () => {
    expect(unknownName('tool', 'x', known)).toBe(`there is no tool "x". Known: ${known.join(', ')}`)
    expect(unknownName('tool', 'x', [])).toBe('there is no tool "x", and none at all here')
  })
})

describe('validateInput', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, default: 3 } },
    required: ['city'],
  }

  it.each([
    [{ city: 'Oslo' }, { city: 'Oslo', days: 3 }],
    ['Oslo', { city: 'Oslo', days: 3 }],
    ['{"city": "Oslo", "days": 1}', { city: 'Oslo', days: 1 }],
  ])('takes %j', (args, value) => {
    expect(validateInput(schema, args)).toEqual({ ok: true, value })
  })

  it.each([
    [undefined, 'city is missing (expected string)'],
    [{ city: 1 }, 'city: expected string, received number'],
    [{ city: 'Oslo', days: 0 }, 'days: '],
    [['Oslo'], 'city: expected string, received array'],
    ['{ not JSON', undefined],
  ])('refuses %j', (args, words) => {
    const checked = validateInput(schema, args)
    if (words === undefined) expect(checked.ok).toBe(true)
    else expect(checked).toMatchObject({ ok: false, problem: expect.stringContaining(words) })
  })

  it('still checks the top level of a schema that it does not wholly know', () => {
    const odd = { type: 'object', required: ['a'], if: {}, else: {} }
    expect(checkValue(odd, {}).ok).toBe(false)
    expect(checkValue(odd, { a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1, b: 2 } })
  })
})
