import { DefinitionError, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Agent, type AgentOptions } from './agent.ts'

const population = defineTool({
  name: 'population',
  description: 'Inhabitants of a country, in millions.',
  input: z.object({ country: z.enum(['Kenya', 'Norway']) }),
  effect: 'none',
  run: async ({ country }) => ({ Kenya: 56.4, Norway: 5.6 })[country],
})

it('explains what it may do, and shows its prompt', () => {
  const agent = new Agent({ tools: [population], approval: 'risky' })
  expect(agent.explain()).toMatch(/level +5 \(code\)\ntools +population \(effect none\)/)
  const [system, user] = agent.prompt('How many?', { inputs: { year: 2024 } })
  expect(system?.content).toContain('population')
  expect(user?.content).toContain('year: number 2024')
})

describe('the constructor rejects', () => {
  const named = (name: string): Tool => ({ ...population, name })
  it.each<[string, AgentOptions, string]>([
    ['a duplicate name', { tools: [population, population] }, '"population" names 2 tools'],
    ['a keyword', { tools: [named('await')] }, '"await"'],
    ['a tool without code', { tools: ['readFile'] }, 'tool "readFile" of agent has no code here'],
    ['a delegate without code', { delegates: ['analyst'] }, 'delegate "analyst" of agent is a name only'],
    [
      'delegates below level 4',
      { level: 3, delegates: [{ name: 'a', description: 'b', level: 0 }] },
      'delegates: expected level 4 or 5',
    ],
    ['code limits below level 5', { level: 3, limits: { wallMs: 1 } }, 'limits: apply to code only'],
    ['an import that is not installed', { imports: ['no-such-package'] }, 'no-such-package is not installed'],
    ['an unknown purpose', { models: { dream: 'fast' } as object }, 'models: expected plan, act, judge'],
    ['a Node module', { imports: ['node:fs'] }, '"node:fs"'],
    ['a level that does not exist', { level: 'wizard' as 'code' }, 'expected a level from 0 to 5'],
    [
      'an invalid delegate',
      { delegates: [{ name: 'x', description: 'y', level: 3, tools: ['z'] }] },
      'tool "z" of x has no code',
    ],
  ])('%s', (_, options, message) => {
    expect(() => new Agent(options)).toThrow(DefinitionError)
    expect(() => new Agent(options)).toThrow(message)
  })
})
