import { randomBytes } from 'node:crypto'

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567'

/** A new run's id: `r` and twelve characters of base32. Keep it to submit again without making a second run. */
export function newRunId(): string {
  return `r${Array.from(randomBytes(12), (byte) => DIGITS[byte % DIGITS.length]).join('')}`
}
