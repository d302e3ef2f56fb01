import type { Level } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { LEVEL_PROMPTS, type PromptFacts } from './level-prompts.ts'

const CHARACTERS_PER_TOKEN = 3.5

const tools = [
  defineTool({
    name: 'readFile',
    description: 'Reads a file of the run.',
    input: z.object({
      name: z.string().describe('as listFiles gives it'),
      encoding: z.enum(['text', 'base64']).default('text'),
    }),
    output: z.string(),
    effect: 'none',
    run: () => '',
  }),
  defineTool({
    name: 'listFiles',
    description: 'Lists the files of the run.',
    input: z.object({}),
    output: z.array(z.object({ name: z.string(), size: z.number().int(), mediaType: z.string() })),
    effect: 'none',
    run: () => [],
  }),
  defineTool({
    name: 'queryTable',
    description: 'Runs SQL over CSV and JSON files, each a table of its name.',
    input: z.object({ sql: z.string(), limit: z.number().int().max(10_000).optional() }),
    output: z.object({ columns: z.array(z.string()), rows: z.array(z.record(z.string(), z.unknown())) }),
    effect: 'none',
    run: () => ({ columns: [], rows: [] }),
  }),
  defineTool({
    name: 'drawChart',
    description: 'Draws a Vega-Lite specification as SVG and PNG.',
    input: z.object({ name: z.string(), spec: z.record(z.string(), z.unknown()) }),
    effect: 'idempotent',
    run: () => ({}),
  }),
  defineTool({
    name: 'sendMail',
    description: 'Sends a mail.',
    input: z.object({ to: z.array(z.string()), text: z.string() }),
    run: () => ({}),
  }),
]

function facts(level: Level, more: Partial<PromptFacts> = {}): PromptFacts {
  return {
    name: 'analyst',
    description: 'Finds things out from data.',
    instructions: 'Say how sure you are.',
    tools: level >= 2 ? tools : [],
    missing: [],
    delegates:
      level >= 4 ? [{ name: 'web-search', description: 'Looks things up on the web.', level: 3 }] : [],
    imports: level === 5 ? ['arquero', 'd3-*'] : [],
    importPurposes: { arquero: 'groups, joins and pivots tables' },
    routes: [
      { name: 'billing', when: 'It is about money.' },
      { name: 'support', when: 'Something does not work.' },
    ],
    output: undefined,
    references: false,
    ...more,
  }
}

describe('the prompt of a level', () => {
  it.each([2, 3, 4, 5] as const)(
    'says that a person reads the answer, unless it has a schema, at level %i',
    (level) => {
      const words = 'A person reads your answer'
      const prompt = (more: Partial<PromptFacts>) => LEVEL_PROMPTS[level](facts(level, more))
      expect(prompt({ reader: 'person' })).toContain(words)
      expect(prompt({ reader: 'person', output: { type: 'number' } })).not.toContain(words)
      expect(prompt({})).not.toContain(words)
    },
  )

  it.each([2, 3, 4, 5] as const)('names the tools that are missing, at level %i', (level) => {
    expect(LEVEL_PROMPTS[level](facts(level, { missing: ['population', 'census'] }))).toContain(
      'Not available in this task, because no process hosts them: population, census.',
    )
    expect(LEVEL_PROMPTS[level](facts(level))).not.toContain('Not available')
  })

  it.each([
    [0, 100],
    [1, 130],
    [2, 150],
    [3, 250],
    [4, 350],
    [5, 1_800],
  ] as const)('%i reads as it did, within %i tokens', (level, tokens) => {
    const prompt = LEVEL_PROMPTS[level](facts(level))
    expect(prompt.length / CHARACTERS_PER_TOKEN).toBeLessThanOrEqual(tokens)
    expect(prompt).toMatchSnapshot()
  })

  it('describes the form of the answer', () => {
    const output = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] }
    expect(LEVEL_PROMPTS[0](facts(0, { output }))).toContain('{ sum: number }')
    expect(LEVEL_PROMPTS[5](facts(5, { output }))).toContain('finalAnswer(answer: { sum: number })')
    expect(LEVEL_PROMPTS[0](facts(0, { references: true }))).toContain('{{t0.months[0].mean:1}} is 5.1.')
  })

  it('only names the tools if there are more than 30, and tells how to find their declarations', () => {
    const many = Array.from(
      { length: 31 },
      (_, n) => ({ ...tools[0], name: `tool${n}` }) as (typeof tools)[number],
    )
    const prompt = LEVEL_PROMPTS[5](facts(5, { tools: many }))
    expect(prompt).toContain('There are 31 tools: tool0, tool1')
    expect(prompt).toContain('declare function searchTools')
    expect(prompt).not.toContain('declare function tool1')
  })

  it('is the same for the same facts', () => {
    for (const level of [0, 1, 2, 3, 4, 5] as const) {
      expect(LEVEL_PROMPTS[level](facts(level))).toBe(LEVEL_PROMPTS[level](facts(level)))
      expect(LEVEL_PROMPTS[level](facts(level))).not.toMatch(/\d{4}-\d{2}-\d{2}|\d{2}:\d{2}/)
    }
  })
})
