import { charCode, imul } from './primordials.ts'

let a = 1
let b = 2
let c = 3
let d = 4

/** Hashes a text to 32 bits (xmur3), to a different number for each salt. */
function spread(text: string, salt: number): number {
  let hash = 1779033703 ^ text.length ^ salt
  for (let index = 0; index < text.length; index += 1) {
    hash = imul(hash ^ charCode(text, index), 3432918353)
    hash = (hash << 13) | (hash >>> 19)
  }
  hash = imul(hash ^ (hash >>> 16), 2246822507)
  return (hash ^ (hash >>> 13)) | 0
}

/** Restarts the world's randomness, once per step, from the step's seed and number. */
export function reseed(text: string): void {
  a = spread(text, 1)
  b = spread(text, 2)
  c = spread(text, 3)
  d = spread(text, 4)
  for (let round = 0; round < 12; round += 1) random()
}

/** The guest's `Math.random` (sfc32). It depends only on the seed. */
export function random(): number {
  const sum = (((a + b) | 0) + d) | 0
  d = (d + 1) | 0
  a = b ^ (b >>> 9)
  b = (c + (c << 3)) | 0
  c = (c << 21) | (c >>> 11)
  c = (c + sum) | 0
  return (sum >>> 0) / 4294967296
}
