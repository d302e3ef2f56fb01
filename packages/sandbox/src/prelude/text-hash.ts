import { charCode, imul } from './primordials.ts'

let high = 0
let low = 0

/** Begins a 64-bit hash of texts and numbers. Only one hash at a time. It tells worlds apart and is not cryptographic. */
export function beginHash(): void {
  high = 0xdeadbeef | 0
  low = 0x41c6ce57
}

export function mix(code: number): undefined {
  high = imul(high ^ code, 2654435761)
  low = imul(low ^ code ^ (high >>> 15), 1597334677)
}

export function mixText(text: string): undefined {
  mix(text.length)
  for (let index = 0; index < text.length; index += 1) mix(charCode(text, index))
}

/** The hash of everything mixed in since {@link beginHash}. */
export function hashSoFar(): string {
  return hex(high) + hex(low)
}

function hex(value: number): string {
  let text = ''
  for (let shift = 28; shift >= 0; shift -= 4) text += '0123456789abcdef'[(value >>> shift) & 15]
  return text
}
