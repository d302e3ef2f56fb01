import { describe, expect, it } from 'vitest'
import { decodeValue, EncodedText, encodeValue, MAX_BIGINT_DIGITS, RegExpLiteral } from './value.ts'

const roundTrip = (value: unknown) => decodeValue(encodeValue(value))

describe('encodeValue', () => {
  it.each([
    ['null', null],
    ['text with a lone surrogate', '\ud800 ½ "quoted"'],
    [
      'numbers that JSON cannot represent',
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1.5],
    ],
    ['bigint', 2n ** 80n],
    ['dates', [new Date(0), new Date(Number.NaN)]],
    ['undefined in fields and lists', { a: undefined, b: [undefined, 1] }],
    ['maps and sets', new Map<unknown, unknown>([[{ a: 1 }, new Set([1n, 'x'])]])],
    ['typed arrays', [new Uint8Array([1, 255]), new Float64Array([0.1]), new BigInt64Array([-1n])]],
    ['an object whose key is the mark', { $: ['date', 0], other: { $: 1 } }],
    ['an object in many places', [{ same: 1 }, { same: 1 }]],
  ])('keeps %s', (_, value) => {
    expect(roundTrip(value)).toEqual(value)
    expect(Object.is((roundTrip([-0]) as number[])[0], -0)).toBe(true)
  })

  it('makes a regular expression an inert object, which encodes to the same text', () => {
    const text = encodeValue({ pattern: /a+\/b/giu })
    expect(decodeValue(text)).toEqual({ pattern: new RegExpLiteral('a+\\/b', 'giu') })
    expect(encodeValue(decodeValue(text))).toBe(text)
    // Compiling it would throw.
    expect(decodeValue('{"$":["regexp","(","?"]}')).toEqual(new RegExpLiteral('(', '?'))
  })

  it('gives encoded text back, and refuses text that cannot be encoded text', () => {
    expect(encodeValue(new EncodedText('{"a":[1,2]}'))).toBe('{"a":[1,2]}')
    for (const text of ['{"a":\n1}', '[1,\t2]', '1\r'])
      expect(() => new EncodedText(text)).toThrow(SyntaxError)
  })

  it('refuses a BigInt of more digits than the limit', () => {
    const longest = 10n ** BigInt(MAX_BIGINT_DIGITS) - 1n
    expect(roundTrip([longest, -longest])).toEqual([longest, -longest])
    expect(() => encodeValue(longest + 1n)).toThrow('a BigInt of more than 10000 digits cannot be sent')
    expect(() => decodeValue(`{"$":["bigint","${'9'.repeat(20_000)}"]}`)).toThrow('more than 10000 digits')
  })

  it('keeps an error’s name and message, and makes functions and symbols undefined', () => {
    const error = roundTrip(new RangeError('too far')) as Error
    expect([error.name, error.message]).toEqual(['RangeError', 'too far'])
    expect(roundTrip({ f: () => 1, s: Symbol('s') })).toEqual({ f: undefined, s: undefined })
  })

  it('encodes an object in two places, and rejects an object that contains itself', () => {
    const shared = { a: 1 }
    expect(roundTrip({ left: shared, right: [shared] })).toEqual({ left: { a: 1 }, right: [{ a: 1 }] })
    const loop: Record<string, unknown> = {}
    loop.list = [1, new Map([['key', { deep: loop }]])]
    expect(() => encodeValue({ loop })).toThrow(
      'a value that contains itself cannot be sent: $.loop.list[1].get(0).deep',
    )
  })

  it('drops __proto__ when it encodes and decodes', () => {
    const sent = JSON.parse('{"a":1,"__proto__":{"polluted":true}}')
    for (const value of [roundTrip(sent), decodeValue('{"a":1,"__proto__":{"polluted":true}}')]) {
      expect(value).toEqual({ a: 1 })
      expect((value as { polluted?: unknown }).polluted).toBeUndefined()
    }
  })

  it.each([
    ['{"$":["no-such-kind",1]}', 'unknown kind of encoded value: no-such-kind'],
    ['{"$":["bytes","SharedArray",""]}', 'unknown typed array SharedArray'],
    ['{', 'JSON'],
  ])('rejects the text %s', (text, words) => {
    expect(() => decodeValue(text)).toThrow(words)
  })
})
