import { expect, it } from 'vitest'
import { describeAct } from './acts/act.ts'
import { chaosRound } from './chaos-round.ts'

it('loses nothing and repeats nothing while processes are killed, terminated and stopped', async () => {
  const { problems, acts } = await chaosRound({ seed: 7, runs: 4, sabotageMs: 12_000 })
  expect(problems, acts.map(describeAct).join('\n')).toEqual([])
  expect(acts.length).toBeGreaterThan(0)
}, 240_000)

it('does so with two coordinators on a cluster of three servers', async () => {
  const shape = { coordinators: 2, servers: 3 }
  const { problems, acts } = await chaosRound({ seed: 8, runs: 3, sabotageMs: 8_000, shape })
  expect(problems, acts.map(describeAct).join('\n')).toEqual([])
  expect(acts.length).toBeGreaterThan(0)
}, 300_000)
