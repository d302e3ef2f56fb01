import { describe, expect, it } from 'vitest'
import { checkArguments, checkLargeValue, checkValue, isLarge } from './check-value.ts'

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

describe('checkLargeValue', () => {
  const rows = {
    type: 'object',
    properties: {
      rows: {
        type: 'array',
        maxItems: 9_000,
        items: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'string', default: 'x' } } },
      },
      byName: { type: 'object', additionalProperties: { type: 'number' } },
    },
  }
  const many = (count: number, change: Record<number, unknown> = {}) => ({
    rows: Array.from({ length: count }, (_, index) => change[index] ?? { a: index }),
  })

  it('gives what checkValue gives for a value that fits', async () => {
    const value = {
      ...many(5_000),
      byName: Object.fromEntries(many(3_000).rows.map((_, index) => [`k${index}`, index])),
    }
    expect(isLarge(value)).toBe(true)
    expect(await checkLargeValue(rows, value)).toEqual(checkValue(rows, value))
  })

  it('names the first wrong item of a long list', async () => {
    const wrong = many(5_000, { 4321: { a: 'text' }, 4500: { a: 'text' } })
    expect(await checkLargeValue(rows, wrong)).toEqual({
      ok: false,
      problem: 'rows[4321].a: expected number, received string',
    })
    const names = {
      byName: Object.fromEntries(
        many(3_000).rows.map((_, index) => [`k${index}`, index === 2_500 ? 'x' : 1]),
      ),
    }
    expect(await checkLargeValue(rows, names)).toEqual({
      ok: false,
      problem: 'byName.k2500: expected number, received string',
    })
    expect(await checkLargeValue(rows, many(9_001))).toMatchObject({ ok: false })
  })
})
