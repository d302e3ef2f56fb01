import { expect, it } from 'vitest'
import { textPart } from './text-part.ts'

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const TEXT = 'aü雨👩‍🚀\nzeile zwei'.repeat(20)

it.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
])('finds every part of a text in %s, whatever its pieces are', async (_, bytes) => {
  for (const size of [2, 3, 7, 64, 10_000]) {
    for (const [from, length] of [
      [0, 1],
      [0, TEXT.length],
      [1, 5],
      [37, 100],
      [TEXT.length - 3, 50],
      [TEXT.length, 1],
      [TEXT.length * 2, 1],
    ] as const) {
      expect(await textPart(pieces(bytes, size), { from, length })).toBe(TEXT.slice(from, from + length))
    }
  }
})

it('reads no further than the part', async () => {
  let read = 0
  async function* endless() {
    for (;;) {
      read += 1
      yield Buffer.from('x'.repeat(100))
    }
  }
  expect(await textPart(endless(), { from: 250, length: 100 })).toBe('x'.repeat(100))
  expect(read).toBe(4)
})

it('takes a file with a null byte for no text, and an empty one for an empty text', async () => {
  expect(await textPart(pieces(Buffer.from([1, 0, 2]), 10), { from: 0, length: 1 })).toBeUndefined()
  expect(await textPart(pieces(Buffer.alloc(0), 10), { from: 0, length: 1 })).toBe('')
})
