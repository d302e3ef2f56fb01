import { describe, expect, it } from 'vitest'
import { memberSchema } from '../config/config-schema.ts'
import { runsOnDemand } from './runs-on-demand.ts'

describe('runsOnDemand', () => {
  it.each([
    [4, 'auto', undefined, false],
    [5, 'auto', undefined, true],
    [30, 'always', undefined, false],
    [1, 'on-demand', undefined, true],
    // The member's own setting comes first.
    [30, 'on-demand', 'always', false],
    [1, 'always', 'on-demand', true],
  ] as const)('with %d agents, hosts: %s, and its own setting %s: %s', (size, hosts, own, expected) => {
    const member = memberSchema.parse({ agent: 'one', hosts: own })
    expect(runsOnDemand(member, { hosts, team: Array(size) })).toBe(expected)
  })
})
