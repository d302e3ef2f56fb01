import { expect, it } from 'vitest'
import { drawAttacks } from './attacks.ts'
import { seeded } from './seeded.ts'

it('draws each kind of attack in every round, at times within the sabotage, and the same ones for the same seed', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const attacks = drawAttacks('r', seeded(seed), 10_000)
    expect(new Set(attacks.map(({ deed }) => deed))).toEqual(new Set(['hung', 'froze', 'lied']))
    expect(new Set(attacks.map(({ run }) => run)).size).toBe(attacks.length)
    expect(attacks.length).toBeLessThanOrEqual(6)
    expect(attacks.every(({ atMs }) => atMs >= 0 && atMs < 10_000)).toBe(true)
    expect(drawAttacks('r', seeded(seed), 10_000)).toEqual(attacks)
  }
})
