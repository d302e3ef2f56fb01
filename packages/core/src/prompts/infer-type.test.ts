import { encodeValue } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { tryTask } from '../testing/index.ts'
import { inferType } from './infer-type.ts'

describe('inferType', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [1n, 'bigint'],
    ['a', 'string'],
    [[], 'unknown[]'],
    [[1, 'a', null], '(number | string | null)[]'],
    [[[1], [2]], 'number[][]'],
    [{}, '{}'],
    [{ a: 1, 'b c': new Date(0) }, '{ a: number; "b c": Date }'],
    [[{ a: 1 }, { a: null, b: true }], '{ a: number | null; b?: boolean }[]'],
    [[{ a: 1 }, 'x'], '(string | { a: number })[]'],
    [new Map([[1, 2]]), 'Map'],
    [Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, n])), 'Record<string, number>'],
    [{ a: { b: { c: { d: { e: 1 } } } } }, '{ a: { b: { c: { d: object } } } }'],
    [Object.create(null, { a: { value: 1, enumerable: true } }), '{ a: number }'],
  ])('%o is %s', (value, type) => {
    expect(inferType(value)).toBe(type)
  })

  it('looks at the first fifty items of a list', () => {
    expect(inferType([...Array(50).fill(1), 'late'])).toBe('number[]')
  })
})

describe('the type that completes a declaration', () => {
  const shown = async (value: unknown) => {
    const tool = { name: 'get', description: 'Gets.', input: { type: 'object' }, effect: 'none' as const }
    const { requests } = await tryTask({ level: 5, tools: [{ ...tool, run: async () => value }] }, [
      '<code>\nconst got = await get({})\n</code>',
      '<code>\nfinalAnswer(1)\n</code>',
    ])
    return requests[1]?.messages.at(-1)?.content.split('\n\n').at(-1) ?? ''
  }

  it('is cut at 600 characters', async () => {
    const long = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`${'name'.repeat(20)}${n}`, n]))
    const text = await shown(long)
    expect(text.length).toBeLessThan(800)
    expect(text).toContain('…</data>')
  })

  it('is left out for a result of more than 128,000 characters, which would take long to decode', async () => {
    const fits = 'x'.repeat(128_000 - encodeValue('').length)
    expect(await shown(fits)).toContain('- await get(…): <data>string</data>')
    expect(await shown(`${fits}x`)).not.toContain('Types that')
  })
})
