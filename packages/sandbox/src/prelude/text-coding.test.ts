import { describe, expect, it } from 'vitest'
import { utf8Decode, utf8Encode } from './text-coding.ts'

describe('UTF-8', () => {
  it.each(['', 'plain', 'é ß \u0800 €', '😀 \u{10ffff}', 'a\ud800b', '\udc00', '\0\u007f\u0080\u07ff\uffff'])(
    'agrees with the runtime about %j',
    (text) => {
      expect([...utf8Encode(text)]).toEqual([...new TextEncoder().encode(text)])
      const bytes = new TextEncoder().encode(text)
      expect(utf8Decode(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
    },
  )

  it.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]])(
    'replaces invalid bytes',
    (...bytes) => {
      expect(utf8Decode(Uint8Array.from([...bytes, 0x41]))).toMatch(/^\ufffd+A$/)
    },
  )
})
