import { Bytes, charCode, slice, typedArrayLength } from './primordials.ts'

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Encodes bytes as base64. A bare isolate has neither `Buffer` nor `btoa`. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = ''
  const length = typedArrayLength(bytes)
  for (let index = 0; index < length; index += 3) {
    const left = length - index
    const bits = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
    text += DIGITS[bits >> 18]
    text += DIGITS[(bits >> 12) & 63]
    text += left > 1 ? DIGITS[(bits >> 6) & 63] : '='
    text += left > 2 ? DIGITS[bits & 63] : '='
  }
  return text
}

const VALUES = new Bytes(128)
for (let index = 0; index < 64; index += 1) VALUES[charCode(DIGITS, index)] = index

/** Decodes base64. */
export function base64ToBytes(text: string): Uint8Array {
  let { length } = text
  while (length > 0 && slice(text, length - 1, length) === '=') length -= 1
  const bytes = new Bytes((length * 3) >> 2)
  let bits = 0
  let held = 0
  let at = 0
  for (let index = 0; index < length; index += 1) {
    bits = (bits << 6) | (VALUES[charCode(text, index)] ?? 0)
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at] = (bits >> held) & 255
      at += 1
    }
  }
  return bytes
}
