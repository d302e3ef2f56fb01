import type { AgentDefinition } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agentCard } from './agent-card.ts'
import { defineAgent } from './define-agent.ts'
import { defineTool } from './define-tool.ts'
import { explainAgent } from './explain-agent.ts'

const tool = (name: string) =>
  defineTool({ name, description: 'A tool.', input: z.object({}), effect: 'none', run: () => 1 })
const base: AgentDefinition = { name: 'agent', description: 'Works.', level: 5 }
const route = { when: 'always', to: { answer: 1 } }

describe('defineAgent', () => {
  it.each<[string, Partial<AgentDefinition>, string]>([
    ['a name with a dot', { name: 'a.b' }, 'name: expected 1 to 63 letters'],
    ['a reserved name', { name: 'coordinator' }, '"coordinator" is reserved'],
    ['no description', { description: '' }, 'description: expected a sentence'],
    ['an unknown level', { level: 'coder' as 'code' }, 'expected a level from 0 to 5 or one of processor'],
    ['a level that is not a whole number', { level: 2.5 as 2 }, 'expected a level'],
    ['a tool named like a keyword', { tools: [{ ...tool('x'), name: 'await' }] }, '"await" is reserved'],
    ['a tool named like a function of the loop', { tools: ['finalAnswer'] }, '"finalAnswer" is reserved'],
    ['two tools with one name', { tools: [tool('a'), 'a'] }, '"a" names 2 tools'],
    [
      'tools below level 2',
      { level: 1, tools: ['a'], routes: { a: route } },
      'tools: expected level 2 or higher, found level 1',
    ],
    [
      'delegates below level 4',
      { level: 3, delegates: ['b'] },
      'delegates: expected level 4 or 5, found level 3',
    ],
    [
      'code limits below level 5',
      { level: 4, limits: { cpuMs: 1 } },
      'limits: apply to code only; expected level 5, found level 4',
    ],
    ['a router without routes', { level: 'router' }, 'routes: expected at least one route'],
    [
      'routes at another level',
      { level: 0, routes: { a: route } },
      'routes: expected level 1, found level 0',
    ],
    [
      'an unknown default route',
      { level: 1, routes: { a: route }, defaultRoute: 'b' },
      'defaultRoute: expected one of the routes (a), found "b"',
    ],
    ['no idle reply', { maxIdleReplies: 0 }, 'maxIdleReplies: expected a positive whole number of replies'],
    [
      'no observations',
      { observationChars: 0 },
      'observationChars: expected a positive whole number of characters',
    ],
    [
      'a purpose without an import',
      { importPurposes: { arquero: 'tables' } },
      'importPurposes: expected names that are in imports, found arquero',
    ],
    ['planning every 0 steps', { planEvery: 0 }, 'planEvery: expected a positive whole number'],
    ['an invalid delegate', { delegates: [{ ...base, name: 'x y' }] }, 'delegate x y: name'],
  ])('refuses %s', (_, wrong, words) => {
    expect(() => defineAgent({ ...base, ...wrong })).toThrow(words)
  })

  it('lists every problem in one error', () => {
    expect(() => defineAgent({ ...base, name: '', description: '' })).toThrow(/name[\s\S]*description/)
  })

  it('accepts a level by name, and freezes the definition', () => {
    const agent = defineAgent({ ...base, level: 'code' })
    expect(agent.level).toBe(5)
    expect(Object.isFrozen(agent)).toBe(true)
  })

  it('has a card that is plain data, and an explanation', () => {
    const agent = defineAgent({
      ...base,
      tools: [tool('look'), 'readFile'],
      delegates: ['helper'],
      output: z.object({ a: z.number() }),
      budget: { steps: 5 },
      approval: 'risky',
    })
    expect(JSON.parse(JSON.stringify(agentCard(agent)))).toEqual(agentCard(agent))
    expect(agentCard(agent)).toMatchObject({
      level: 5,
      tools: ['look', 'readFile'],
      output: { type: 'object' },
    })
    const text = explainAgent(agent)
    for (const words of [
      '5 (code)',
      'look (effect none), readFile',
      'helper',
      'steps 5',
      'calls of effect once',
    ]) {
      expect(text).toContain(words)
    }
  })
})

describe('defineTool', () => {
  const context = {
    id: '1.1',
    key: 'k',
    caller: 'a',
    run: 'r',
    task: 't',
    signal: new AbortController().signal,
  }

  it('checks arguments and results, and names the wrong field', async () => {
    const sum = defineTool({
      name: 'sum',
      description: 'Adds.',
      input: z.object({ of: z.array(z.number()), start: z.number().default(1) }),
      output: z.number().max(10),
      run: ({ of, start }) => of.reduce((a, b) => a + b, start),
    })
    expect(sum.effect).toBe('once')
    expect(await sum.run({ of: [2] }, context)).toBe(3)
    await expect(sum.run({ of: [1, 'x'] }, context)).rejects.toThrow(
      'of[1]: expected number, received string',
    )
    await expect(sum.run({ of: [20] }, context)).rejects.toThrow(
      'sum returned a value that does not fit its output schema',
    )
  })

  it.each<[string, { name: string; input: z.ZodType }, string]>([
    ['an invalid name', { name: 'a-b', input: z.object({}) }, 'JavaScript identifier'],
    ['an input that is not an object', { name: 'a', input: z.string() }, 'expected input to be z.object'],
    [
      'a schema that JSON Schema cannot express',
      { name: 'a', input: z.object({ d: z.date() }) },
      'cannot be written as JSON Schema',
    ],
  ])('refuses %s', (_, options, words) => {
    expect(() => defineTool({ description: 'A.', run: () => 1, ...options })).toThrow(words)
  })
})
