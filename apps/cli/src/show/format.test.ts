import { expect, it } from 'vitest'
import { duration } from './format.ts'

it.each([
  [950, '950 ms'],
  [3_210, '3.2 s'],
  [125_000, '2 min 5 s'],
  [-345_598_048, '0 ms'],
])('formats a duration of %d ms', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
