import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

it.each([
  ['serach', ['search', 'sleep'], 'search'],
  ['temprature', ['temperature', 'pressure'], 'temperature'],
  ['Search', ['search'], 'search'],
  ['xyz', ['search'], undefined],
  ['a'.repeat(100), ['a'.repeat(99)], undefined],
])('the name nearest to %s', (name, candidates, found) => {
  expect(nearest(name, candidates)).toBe(found)
})
