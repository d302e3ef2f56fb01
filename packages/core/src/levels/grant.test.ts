import type { Grant } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { definedGrant, effectiveGrant, exceeds, matchesPattern } from './grant.ts'

const card = (name: string) => ({
  name,
  description: name,
  input: { type: 'object' },
  effect: 'none' as const,
})
const helper = { name: 'helper', description: 'Helps.', level: 3 as const }
const asked: Grant = {
  level: 5,
  tools: [card('readFile'), card('sql_query'), card('sql_write')],
  delegates: [helper],
  imports: ['arquero', 'd3-array'],
  budget: { steps: 20, tokens: 1000 },
  approval: 'never',
}
const names = ({ tools }: Grant) => tools.map(({ name }) => name)

describe('effectiveGrant', () => {
  it('only takes away, in any order of ceilings', () => {
    const operator = { tools: ['sql_*', 'readFile'], budget: { steps: 10, cost: 1 }, imports: ['d3-*'] }
    const parent = {
      tools: [card('sql_query')],
      approval: 'risky' as const,
      budget: { steps: 15, tokens: 500 },
    }
    const granted = effectiveGrant(asked, operator, parent)
    expect(names(granted)).toEqual(['sql_query'])
    expect(granted).toMatchObject({
      imports: ['d3-array'],
      approval: 'risky',
      budget: { steps: 10, tokens: 500, cost: 1 },
    })
    expect(effectiveGrant(asked, parent, operator)).toEqual(granted)
  })

  it.each([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [2, 3, 0, 0],
    [3, 3, 0, 0],
    [4, 3, 1, 0],
    [5, 3, 1, 2],
  ] as const)('at level %i leaves %i tools, %i delegates, %i imports', (level, tools, delegates, imports) => {
    const granted = effectiveGrant(asked, { level })
    expect([granted.tools.length, granted.delegates.length, granted.imports.length]).toEqual([
      tools,
      delegates,
      imports,
    ])
  })

  it('ignores a ceiling above the level', () => {
    expect(effectiveGrant({ ...asked, level: 2 }, { level: 5 }).level).toBe(2)
  })

  it('lists what a package asks for beyond a ceiling', () => {
    const card = {
      level: 5 as const,
      tools: ['readFile', 'sql_query', 'sql_write'],
      delegates: ['helper'],
      imports: ['arquero', 'd3-array'],
    }
    expect(exceeds(card, { level: 3, tools: ['readFile'], delegates: [], imports: ['d3-*'] })).toEqual([
      'level 5, and 3 is allowed',
      'tools sql_query, sql_write',
      'delegates helper',
      'imports arquero',
    ])
    expect(exceeds(card, {})).toEqual([])
  })
})

describe('definedGrant', () => {
  it('resolves names, omits unknown ones, and uses the operator’s level', () => {
    const definition = {
      name: 'a',
      description: 'A.',
      level: 'code' as const,
      tools: ['readFile', 'nothing'],
      delegates: ['helper'],
    }
    const sources = { tools: [card('readFile'), card('other')], agents: [helper] }
    expect(names(definedGrant(definition, sources))).toEqual(['readFile'])
    expect(definedGrant(definition, sources).delegates).toEqual([helper])
    expect(definedGrant(definition, { ...sources, level: 3 })).toMatchObject({ level: 3, delegates: [] })
  })
})

describe('matchesPattern', () => {
  it.each([
    ['*', 'anything', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'ab', true],
    ['*b', 'ab', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['ab*b', 'ab', false],
    ['lodash-es/*', 'lodash-es', false],
    ['lodash-es/*', 'lodash-es/map', true],
    ['a*b*c', 'a1b2c', true],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, name, fits) => {
    expect(matchesPattern(pattern, name)).toBe(fits)
  })
})
