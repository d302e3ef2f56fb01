import { randomBytes } from 'node:crypto'

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567'

/** A new run's id: `r` and twelve characters of base32. Made by the client, so that asking twice is one run. */
export function newRunId(): string {
  return `r${Array.from(randomBytes(12), (byte) => DIGITS[byte % 32]).join('')}`
}
