import { base64ToBytes, bytesToBase64 } from './base64.ts'
import {
  Bytes,
  bare,
  charCode,
  define,
  fromCharCode,
  toText,
  typedArrayBuffer,
  typedArrayBytes,
  typedArrayName,
  typedArrayOffset,
} from './primordials.ts'

const REPLACEMENT = 0xfffd

/** Encodes text as UTF-8. Lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  const bytes = new Bytes(text.length * 3)
  let size = 0
  for (let index = 0; index < text.length; index += 1) {
    let code = charCode(text, index)
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 && index + 1 < text.length ? charCode(text, index + 1) : 0
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        index += 1
      } else code = REPLACEMENT
    }
    if (code < 0x80) {
      bytes[size++] = code
      continue
    }
    if (code < 0x800) bytes[size++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x10000) bytes[size++] = 0xe0 | (code >> 12)
      else {
        bytes[size++] = 0xf0 | (code >> 18)
        bytes[size++] = 0x80 | ((code >> 12) & 63)
      }
      bytes[size++] = 0x80 | ((code >> 6) & 63)
    }
    bytes[size++] = 0x80 | (code & 63)
  }
  // Copy, so that the buffer has the exact length and not three times the text's.
  const exact = new Bytes(size)
  for (let index = 0; index < size; index += 1) exact[index] = bytes[index] as number
  return exact
}

/** Decodes UTF-8. Invalid bytes become U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  let text = ''
  const { length } = bytes
  for (let index = 0; index < length; ) {
    const first = bytes[index] as number
    index += 1
    if (first < 0x80) {
      text += fromCharCode(first)
      continue
    }
    const more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : 1
    let code = first < 0xc2 || first >= 0xf5 ? -1 : first & (0x3f >> more)
    for (let part = 0; part < more && code >= 0; part += 1) {
      const next = index < length ? (bytes[index] as number) : 0
      if ((next & 0xc0) !== 0x80) code = -1
      else {
        code = (code << 6) | (next & 63)
        index += 1
      }
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      text += fromCharCode(REPLACEMENT)
    else if (code < 0x10000) text += fromCharCode(code)
    else text += fromCharCode(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff))
  }
  return text
}

/** The bytes of a view or a buffer. */
function bytesOf(value: unknown): Uint8Array {
  if (value === undefined) return new Bytes(0)
  if (typedArrayName(value) === undefined) return new Bytes(value as ArrayBuffer)
  return new Bytes(typedArrayBuffer(value), typedArrayOffset(value), typedArrayBytes(value))
}

/** Defines `TextEncoder` and `TextDecoder` for UTF-8 only, `btoa` and `atob`. Packages look for them when they load. */
export function installTextCoding(): void {
  class TextEncoder {
    get encoding(): string {
      return 'utf-8'
    }
    encode(text: unknown = ''): Uint8Array {
      return utf8Encode(toText(text))
    }
  }
  class TextDecoder {
    constructor(label: unknown = 'utf-8') {
      const name = toText(label)
      if (name !== 'utf-8' && name !== 'utf8' && name !== 'UTF-8')
        throw new RangeError(`expected the encoding utf-8, found ${name}`)
    }
    get encoding(): string {
      return 'utf-8'
    }
    decode(value?: unknown): string {
      const bytes = bytesOf(value)
      const marked = bytes.length > 2 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
      return utf8Decode(marked ? new Bytes(bytes.buffer, bytes.byteOffset + 3, bytes.length - 3) : bytes)
    }
  }
  const latin1 = (text: string) => {
    const bytes = new Bytes(text.length)
    for (let index = 0; index < text.length; index += 1) {
      if (charCode(text, index) > 255) throw new RangeError('btoa takes characters up to 255')
      bytes[index] = charCode(text, index)
    }
    return bytes
  }
  const made: Record<string, unknown> = {
    TextEncoder,
    TextDecoder,
    btoa: (text: unknown) => bytesToBase64(latin1(toText(text))),
    atob: (text: unknown) => {
      const bytes = base64ToBytes(toText(text))
      let decoded = ''
      for (let index = 0; index < bytes.length; index += 1) decoded += fromCharCode(bytes[index] as number)
      return decoded
    },
  }
  for (const name of ['TextEncoder', 'TextDecoder', 'btoa', 'atob']) {
    define(globalThis, name, bare({ value: made[name], writable: true, configurable: true }))
  }
}
