import { expect, it } from 'vitest'
import { seeded } from './seeded.ts'

it('gives the same numbers for the same seed, and different ones for another', () => {
  const draws = (seed: number) => {
    const random = seeded(seed)
    return Array.from({ length: 50 }, () => [random.next(), random.below(600), random.of(['a', 'b', 'c'])])
  }
  expect(draws(7)).toEqual(draws(7))
  expect(draws(8)).not.toEqual(draws(7))
  expect(draws(7).every(([next, below]) => Number(next) < 1 && Number(below) < 600)).toBe(true)
})
