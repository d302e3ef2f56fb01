import { expect, it } from 'vitest'
import { tellAct } from './acts/act.ts'
import { chaosRound } from './chaos-round.ts'

it('kills, ends and stops every kind of process, and finds nothing lost or done twice', async () => {
  const { problems, acts } = await chaosRound({ seed: 7, runs: 4, sabotageMs: 12_000 })
  expect(problems, acts.map(tellAct).join('\n')).toEqual([])
  expect(acts.length).toBeGreaterThan(0)
}, 240_000)
