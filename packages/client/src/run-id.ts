import { randomBytes } from 'node:crypto'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * Makes the id of a new run: `r` and twelve random base32 characters. Keep it to be able to submit the run again
 * without starting a second one.
 *
 * @example
 * const run = newRunId() // 'rk3v7q2mzabcd'
 */
export function newRunId(): string {
  return `r${Array.from(randomBytes(12), (byte) => BASE32[byte % BASE32.length]).join('')}`
}
