import { expect, it } from 'vitest'
import { restartDelay } from './restart-delay.ts'

it('doubles the pause with each quick death, up to a minute', () => {
  expect([0, 1, 2, 3, 9, 10, 1_000].map(restartDelay)).toEqual([0, 200, 400, 800, 51_200, 60_000, 60_000])
})
