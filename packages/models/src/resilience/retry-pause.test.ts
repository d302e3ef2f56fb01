import { describe, expect, it } from 'vitest'
import { retryPause } from './retry-pause.ts'

describe('retryPause', () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [20, 20_000],
  ])('after %i failures is at most %i ms', (failed, most) => {
    expect(retryPause(failed, undefined, () => 0)).toBe(0)
    expect(retryPause(failed, undefined, () => 1)).toBe(most)
  })

  it('is never shorter than the server asks for', () => {
    expect(retryPause(1, 3_000, () => 0)).toBe(3_000)
    expect(retryPause(1, 3_000, () => 1)).toBe(3_500)
    // All that failed together are told the same time, so the time after it must spread them.
    expect(retryPause(7, 3_000, () => 1)).toBe(23_000)
  })
})
