import { describe, expect, it } from 'vitest'
import { checkArguments, checkValue } from './check-value.ts'

describe('checkArguments', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, default: 3 } },
    required: ['city'],
  }

  it.each([
    [{ city: 'Oslo' }, { city: 'Oslo', days: 3 }],
    ['Oslo', { city: 'Oslo', days: 3 }],
    ['{"city": "Oslo", "days": 1}', { city: 'Oslo', days: 1 }],
  ])('accepts %j', (args, value) => {
    expect(checkArguments(schema, args)).toEqual({ ok: true, value })
  })

  it.each([
    [undefined, 'city is missing (expected string)'],
    [{ city: 1 }, 'city: expected string, received number'],
    [{ city: 'Oslo', days: 0 }, 'days: '],
    [['Oslo'], 'city: expected string, received array'],
    ['{ not JSON', undefined],
  ])('refuses %j', (args, words) => {
    const checked = checkArguments(schema, args)
    if (words === undefined) expect(checked.ok).toBe(true)
    else expect(checked).toMatchObject({ ok: false, problem: expect.stringContaining(words) })
  })

  it('checks the required fields of a schema with unknown keywords', () => {
    const odd = { type: 'object', required: ['a'], if: {}, else: {} }
    expect(checkValue(odd, {}).ok).toBe(false)
    expect(checkValue(odd, { a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1, b: 2 } })
  })
})
