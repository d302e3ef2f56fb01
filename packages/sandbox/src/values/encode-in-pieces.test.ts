import { decodeValue, encodeValue, RegExpLiteral } from '@bailiwick/contract/world'
import { describe, expect, it } from 'vitest'
import { encodeInPieces } from './encode-in-pieces.ts'
import { inSlices } from './in-slices.ts'

const encode = (value: unknown, maxChars = 10_000_000) => inSlices(encodeInPieces(value, maxChars))

class Point {
  x = 1
  #hidden = 2
  get sum(): number {
    return this.x + this.#hidden
  }
}

describe('encodeInPieces', () => {
  it.each([
    ['primitives', [null, true, 'a"\n\ud800', 1.5, -0, Number.NaN, 10n, undefined]],
    ['a single value', 'x'],
    ['empty containers', [[], {}, new Map(), new Set()]],
    [
      'nested containers',
      { a: [{ b: [] }, [[]]], m: new Map<unknown, unknown>([[{ k: 1 }, [new Set([1, [2]])]]]) },
    ],
    [
      'several entries',
      new Map<unknown, unknown>([
        [1, 2],
        ['a', { b: 3 }],
      ]),
    ],
    ['own keys $', [{ $: 1 }, { $: ['date', 5], a: 2 }, { a: { $: {} } }]],
    [
      'dates, patterns, errors and bytes',
      [new Date(5), /a/g, new RegExpLiteral('(', ''), new RangeError('e'), new Uint8Array([1, 2])],
    ],
    ['a class instance', new Point()],
    ['functions and symbols', { f: () => 1, s: Symbol('s') }],
    ['holes', Object.assign(new Array(3), { 1: 'x' })],
    ['a key __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
    ['an object that is twice in a list', [[1], [1]].map((_, __, all) => all[0])],
    ['many values', Array.from({ length: 20_000 }, (_, index) => ({ index, text: `t${index}` }))],
    ['a deep value', JSON.parse(`${'['.repeat(1_500)}${']'.repeat(1_500)}`)],
  ])('agrees with the contract: %s', async (_, value) => {
    const text = await encode(value)
    expect(text).toBe(encodeValue(value))
    expect(encodeValue(decodeValue(text))).toBe(text)
  })

  it('names the place of a value that contains itself', async () => {
    const value: Record<string, unknown> = { a: [{}] }
    ;(value.a as Record<string, unknown>[])[0] = { m: new Map([['k', value]]) }
    const message = await encode(value).catch((error: Error) => error.message)
    expect(message).toBe('a value that contains itself cannot be sent: $.a[0].m.get(0)')
    expect(() => encodeValue(value)).toThrow(message as string)
  })

  it('stops at the limit', async () => {
    let read = 0
    const list = new Proxy(new Array<unknown>(1_000_000), {
      get(target, key) {
        if (key !== 'length') read += 1
        return Reflect.get(target, key)
      },
    })
    await expect(encode(list, 10_000)).rejects.toThrow('it is longer than 10000 characters; ask for less')
    expect(read).toBeLessThan(2_000)
    await expect(encode('x'.repeat(5_000), 1_000)).rejects.toThrow(/longer than 1000/)
    await expect(encode(new Uint8Array(5_000), 1_000)).rejects.toThrow(/longer than 1000/)
  })
})
