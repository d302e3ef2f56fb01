import type { AgentCard, Level, ToolCard } from '@bailiwick/core/contract'
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
const grant = (member: Parameters<typeof resolveGrant>[0]['member'], level: Level = 5) =>
  resolveGrant({ card: card('boss', level), member, tools, team, budget: {} })

describe('resolveGrant', () => {
  it('is what the definition asks for, as far as it exists, without itself', () => {
    const { tools: granted, delegates, imports, level } = grant({})
    expect(granted.map(({ name }) => name)).toEqual(['read', 'write'])
    expect(delegates.map(({ name }) => name)).toEqual(['scout'])
    expect({ imports, level }).toEqual({ imports: ['arquero', 'd3-array'], level: 5 })
  })

  it('is cut by the operator, who may also lower or raise the level', () => {
    const cut = grant({ tools: ['read', 'other'], delegates: [], imports: ['d3-array'] })
    expect(cut.tools.map(({ name }) => name)).toEqual(['read'])
    expect(cut).toMatchObject({ delegates: [], imports: ['d3-array'] })
    expect(grant({ level: 5 }, 3)).toMatchObject({ level: 5, imports: ['arquero', 'd3-array'] })
  })

  it.each([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [2, 2, 0, 0],
    [3, 2, 0, 0],
    [4, 2, 1, 0],
    [5, 2, 1, 2],
  ] as const)('at level %i has %i tools, %i delegates, %i imports', (level, ...counts) => {
    const { tools: granted, delegates, imports } = grant({ level })
    expect([granted.length, delegates.length, imports.length]).toEqual(counts)
  })
})
