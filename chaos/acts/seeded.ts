/** A random source that gives the same numbers for the same seed. mulberry32, public domain. */
export function seeded(seed: number): {
  next(): number
  below(limit: number): number
  of<T>(list: readonly T[]): T | undefined
} {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { next, below, of: (list) => list[below(list.length)] }
}
