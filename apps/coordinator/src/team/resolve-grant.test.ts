import type { AgentCard, Budget, Level, ToolCard } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { resolveGrant } from './resolve-grant.ts'

const tool = (name: string): ToolCard => ({ name, description: 'x', input: {}, effect: 'none' })
const card = (name: string, level: Level): AgentCard => ({
  name,
  description: 'x',
  level,
  tools: ['read', 'write', 'gone'],
  delegates: ['scout', 'boss'],
  imports: ['arquero', 'd3-array'],
})
const tools = ['read', 'write', 'other'].map(tool)
const team = [card('boss', 5), card('scout', 3)]
type Asked = Parameters<typeof resolveGrant>[0]
const grant = (
  member: Asked['member'],
  level: Level = 5,
  own: Partial<AgentCard> = {},
  budget: Budget = {},
) => resolveGrant({ card: { ...card('boss', level), ...own }, member, tools, team, budget })

describe('resolveGrant', () => {
  it('grants what the definition asks for and what exists, but not the agent itself', () => {
    const { tools: granted, delegates, imports, level } = grant({})
    expect(granted.map(({ name }) => name)).toEqual(['read', 'write'])
    expect(delegates.map(({ name }) => name)).toEqual(['scout'])
    expect({ imports, level }).toEqual({ imports: ['arquero', 'd3-array'], level: 5 })
  })

  it('names the tools that no process hosts, within the ceiling', () => {
    expect(grant({}).missing).toEqual(['gone'])
    expect(grant({ tools: ['read', 'g*'] }).missing).toEqual(['gone'])
    expect(grant({ tools: ['read'] })).not.toHaveProperty('missing')
    expect(grant({}, 1)).not.toHaveProperty('missing')
  })

  it("keeps to the operator's ceiling, and takes the operator's level", () => {
    const cut = grant({ tools: ['read', 'other'], delegates: [], imports: ['d3-array'] })
    expect(cut.tools.map(({ name }) => name)).toEqual(['read'])
    expect(cut).toMatchObject({ delegates: [], imports: ['d3-array'] })
    expect(grant({ level: 5 }, 3)).toMatchObject({ level: 5, imports: ['arquero', 'd3-array'] })
  })

  it('matches patterns in which * stands for any text', () => {
    expect(grant({ tools: ['r*'] }).tools.map(({ name }) => name)).toEqual(['read'])
    expect(grant({ imports: ['d3-*'], delegates: ['*'] })).toMatchObject({
      imports: ['d3-array'],
      delegates: [{ name: 'scout' }],
    })
  })

  it('requires approval if the definition or the operator does', () => {
    const approval = (own: AgentCard['approval'], operator: Asked['member']['approval']) =>
      grant({ approval: operator }, 5, { ...(own && { approval: own }) }).approval
    expect(approval('always', undefined)).toBe('always')
    expect(approval('risky', 'never')).toBe('risky')
    expect(approval('risky', 'always')).toBe('always')
    expect(approval(undefined, undefined)).toBe('never')
  })

  it('limits the budget to the smallest of definition, operator and task', () => {
    const own = { budget: { steps: 5, tokens: 9_000 } }
    const granted = grant({ budget: { tokens: 3_000, cost: 1 } }, 5, own, { steps: 50, cost: 0.2 })
    expect(granted.budget).toEqual({ steps: 5, tokens: 3_000, cost: 0.2 })
  })

  it.each([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [2, 2, 0, 0],
    [3, 2, 0, 0],
    [4, 2, 1, 0],
    [5, 2, 1, 2],
  ] as const)('grants at level %i %i tools, %i delegates, %i imports', (level, ...counts) => {
    const { tools: granted, delegates, imports } = grant({ level })
    expect([granted.length, delegates.length, imports.length]).toEqual(counts)
  })
})
