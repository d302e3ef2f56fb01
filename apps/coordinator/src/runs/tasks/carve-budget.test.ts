import { describe, expect, it } from 'vitest'
import { carveBudget } from './carve-budget.ts'

const taken = { tokens: 400, cost: 0.5, steps: 2, calls: 1 }

describe('carveBudget', () => {
  it('divides what is left among those still to come, under the ceiling of the agent', () => {
    const whole = { tokens: 1_000, cost: 2, wallMs: 10_000, calls: 10, steps: 11 }
    expect(carveBudget({ whole, taken, shares: 3, elapsedMs: 4_000 })).toEqual({
      tokens: 200,
      cost: 0.5,
      wallMs: 6_000,
      calls: 3,
      steps: 3,
    })
    const ceiling = { tokens: 50, steps: 4 }
    const under = carveBudget({ whole: { tokens: 1_000 }, taken, shares: 3, elapsedMs: 0, ceiling })
    expect(under).toEqual({ tokens: 50, steps: 4 })
  })

  it('limits nothing that the whole does not, and is never below nothing', () => {
    expect(carveBudget({ whole: {}, taken, shares: 2, elapsedMs: 5 })).toEqual({})
    expect(carveBudget({ whole: { tokens: 10, wallMs: 5 }, taken, shares: 1, elapsedMs: 9 })).toEqual({
      tokens: 0,
      wallMs: 1,
    })
  })
})
