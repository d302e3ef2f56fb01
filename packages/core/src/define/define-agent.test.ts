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
    ['a name with a dot', { name: 'a.b' }, 'name: wanted 1 to 63 letters'],
    ['a reserved name', { name: 'coordinator' }, '"coordinator" is reserved'],
    ['no description', { description: '' }, 'description: wanted a sentence'],
    ['an unknown level', { level: 'coder' as 'code' }, 'wanted a level from 0 to 5 or one of processor'],
    ['a level that is no whole number', { level: 2.5 as 2 }, 'wanted a level'],
    ['a tool named like a keyword', { tools: [{ ...tool('x'), name: 'await' }] }, '"await" is reserved'],
    ['a tool named like the loop’s own', { tools: ['finalAnswer'] }, '"finalAnswer" is reserved'],
    ['two tools of one name', { tools: [tool('a'), 'a'] }, '"a" names 2 tools'],
    ['tools below 2', { level: 1, tools: ['a'], routes: { a: route } }, 'tools: need level 2'],
    ['delegates below 4', { level: 3, delegates: ['b'] }, 'delegates: need level 4 or 5'],
    ['code limits below 5', { level: 4, limits: { cpuMs: 1 } }, 'limits: are of code'],
    ['a router without routes', { level: 'router' }, 'routes: a router needs at least one'],
    ['routes of another level', { level: 0, routes: { a: route } }, 'routes: are of level 1'],
    [
      'an unknown default route',
      { level: 1, routes: { a: route }, defaultRoute: 'b' },
      '"b" is none of the routes a',
    ],
    ['planning every 0 steps', { planEvery: 0 }, 'planEvery: wanted a positive whole number'],
    ['a delegate that cannot work', { delegates: [{ ...base, name: 'x y' }] }, 'delegate x y: name'],
  ])('refuses %s', (_, wrong, words) => {
    expect(() => defineAgent({ ...base, ...wrong })).toThrow(words)
  })

  it('tells everything that is wrong at once', () => {
    expect(() => defineAgent({ ...base, name: '', description: '' })).toThrow(/name[\s\S]*description/)
  })

  it('takes a level by name, and freezes', () => {
    const agent = defineAgent({ ...base, level: 'code' })
    expect(agent.level).toBe(5)
    expect(Object.isFrozen(agent)).toBe(true)
  })

  it('has a card of data only, and explains itself', () => {
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

  it('checks what comes in and what goes out, with paths', async () => {
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
      'sum returned something else than it declares',
    )
  })

  it.each<[string, { name: string; input: z.ZodType }, string]>([
    ['a bad name', { name: 'a-b', input: z.object({}) }, 'JavaScript identifier'],
    ['an input that is no object', { name: 'a', input: z.string() }, 'input must be z.object'],
    [
      'a schema that JSON cannot say',
      { name: 'a', input: z.object({ d: z.date() }) },
      'cannot be written as JSON Schema',
    ],
  ])('refuses %s', (_, options, words) => {
    expect(() => defineTool({ description: 'A.', run: () => 1, ...options })).toThrow(words)
  })
})
