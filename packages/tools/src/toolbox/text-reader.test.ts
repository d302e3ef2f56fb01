import { describe, expect, it } from 'vitest'
import { type StoredText, TextReader } from './text-reader.ts'

/** A file in pieces of these sizes, and how many bytes of it were read. */
function stored(bytes: Uint8Array, sizes: readonly number[] = [131_072]) {
  const read = { bytes: 0 }
  const file: StoredText = {
    key: 'a',
    async *open(from) {
      for (let at = from, n = 0; at < bytes.length; n++) {
        const size = sizes[n % sizes.length] ?? 1
        read.bytes += size
        yield bytes.subarray(at, at + size)
        at += size
      }
    },
  }
  return { file, read }
}

const TEXT = 'a😀é雨\uFEFF\n'.repeat(120_000)

describe('TextReader', () => {
  it.each([
    ['utf-8', Buffer.from(TEXT)],
    ['utf-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['utf-16le', Buffer.from(`\uFEFF${TEXT}`, 'utf16le')],
    ['utf-16be', Buffer.from(`\uFEFF${TEXT}`, 'utf16le').swap16()],
  ])('finds characters in %s wherever its pieces end, in any order', async (_, bytes) => {
    const reader = new TextReader()
    const { file } = stored(bytes, [131_071, 3, 50_001])
    for (const from of [0, 700_000, 1, 300_003, 300_004, 839_990, 500_001, 840_000, 900_000]) {
      for (const length of [1, 10, 5_000])
        expect(await reader.read(file, { from, length })).toBe(TEXT.slice(from, from + length))
    }
    expect(await reader.read(file, { from: 0, length: Number.POSITIVE_INFINITY })).toBe(TEXT)
  })

  it('reads a text that is not UTF-8 as Windows-1252, from its beginning', async () => {
    const text = `${'x'.repeat(400_000)}é${'y'.repeat(400_000)}`
    const reader = new TextReader()
    const { file } = stored(Buffer.from(text, 'latin1'))
    expect(await reader.read(file, { from: 10, length: 3 })).toBe('xxx')
    expect(await reader.read(file, { from: 399_999, length: 3 })).toBe('xéy')
    expect(await reader.read(file, { from: 700_000, length: 3 })).toBe('yyy')
  })

  it('does not read the beginning of a file again for a later part', async () => {
    const bytes = Buffer.alloc(20_000_000, 'abcdefgh\n')
    const { file, read } = stored(bytes)
    const reader = new TextReader()
    for (let from = 0; from < bytes.length; from += 500_000)
      await reader.read(file, { from, length: 500_000 })
    // Each part begins within a piece, and ends within one.
    expect(read.bytes).toBeLessThan(1.6 * bytes.length)
    read.bytes = 0
    expect(await reader.read(file, { from: 18_000_000, length: 9 })).toBe('abcdefgh\n')
    expect(read.bytes).toBeLessThanOrEqual(2 * 131_072)
  })

  it('refuses a binary file, and reads an empty file as an empty text', async () => {
    const reader = new TextReader()
    const { file, read } = stored(Buffer.alloc(1_000_000))
    expect(await reader.read(file, { from: 0, length: 10 })).toBeUndefined()
    expect(read.bytes).toBeLessThanOrEqual(2 * 131_072)
    expect(await reader.read({ ...stored(Buffer.alloc(0)).file, key: 'b' }, { from: 0, length: 10 })).toBe('')
  })
})
