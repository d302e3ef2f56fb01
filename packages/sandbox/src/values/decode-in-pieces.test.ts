import { decodeValue, encodeValue } from '@bailiwick/contract/world'
import { describe, expect, it } from 'vitest'
import { decodeInPieces } from './decode-in-pieces.ts'
import { inSlices } from './in-slices.ts'

const decode = (text: string) => inSlices(decodeInPieces(text))

describe('decodeInPieces', () => {
  it.each([
    [{ a: [1, -2.5e3, true, null, 'x'], b: {}, c: [] }],
    ['"\\\n\u0000\ud800 \u2028 é'],
    [[new Date(5), new Map<unknown, unknown>([[{ k: [1n] }, new Set([undefined, Number.NaN, -0])]])]],
    [{ $: 'own', nested: { $: ['date', 5] }, deeper: [{ $: { $: ['object', {}] } }] }],
    [{ bytes: new Float64Array([0.5, 1]), pattern: /a\/b/gi, error: new TypeError('t') }],
    [`${'"\\'.repeat(100_000)}\ud83d\ude00`],
    [Array.from({ length: 20_000 }, (_, index) => ({ index, text: `t${index}` }))],
  ])('agrees with the contract: %#', async (value) => {
    const text = encodeValue(value)
    expect(await decode(text)).toEqual(decodeValue(text))
  })

  it('drops __proto__ keys', async () => {
    const value = (await decode('{"__proto__":{"admin":true},"a":1}')) as { admin?: boolean }
    expect(value).toEqual({ a: 1 })
    expect(value.admin).toBeUndefined()
  })

  it.each(['', '[', '[1', '[1,', '{"a"', '{"a":', '{a:1}', '"x', 'nul', '[1]x', '{"a":1,}', '[,]', '"\\u00'])(
    'refuses %s',
    async (text) => {
      await expect(decode(text)).rejects.toThrow()
    },
  )

  it('bounds no number of values of its own, so that guest and host agree about what is too large', async () => {
    expect(await decode(`[${'{"$":["undefined"]},'.repeat(300_000)}0]`)).toHaveLength(300_001)
  })
})
