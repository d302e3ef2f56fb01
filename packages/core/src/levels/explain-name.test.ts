import type { TaskSpec } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { tryTask } from '../testing/try-task.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
const tools = ['queryTable', 'readFile', 'sendMail'].map((name) =>
  defineTool({ name, description: name, input: z.object({ sql: z.string() }), effect: 'none', run: () => 1 }),
)
const artifact = {
  writer: 'user',
  key: 'k',
  name: 'Orders of 2024.csv',
  mediaType: 'text/csv',
  size: 9,
  sha256: '0'.repeat(64),
}
const usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, replies: 0, cost: 0 }
const spec: Partial<TaskSpec> = {
  inputs: [
    { name: 'order-list', artifact, description: 'order-list: …' },
    { name: 'limit', value: 3, description: 'limit: number 3' },
  ],
  results: { t1: { status: 'completed', output: 1, usage, artifacts: [] } },
}

/** What the model reads after its code used this name, at level 5 or as a call at level 3. */
async function told(name: string, level: 3 | 5 = 5): Promise<string> {
  const { requests } = await tryTask(
    { level, tools, budget: { steps: 2 } },
    level === 5
      ? [code(`${name}(1)`), code('finalAnswer(1)')]
      : [
          { calls: [{ name, arguments: { sql: 'x' } }] },
          { calls: [{ name: 'finalAnswer', arguments: { answer: 1 } }] },
        ],
    {
      spec: {
        ...spec,
        grant: {
          level,
          tools,
          delegates: [{ name: 'web-search', description: 'Searches.', level: 3 }],
          imports: ['arquero', 'd3-*'],
          budget: { steps: 2 },
          approval: 'never',
          missing: ['population'],
          others: { tools: ['drawChart'], agents: ['writer', 'news-desk'] },
        },
      },
    },
  )
  return requests[1]?.messages.at(-1)?.content ?? ''
}

const FILE =
  'is a file, not a variable: read its text with await readFile({ name: "order-list" }), or query it with'

describe('an error about a name that is not a variable', () => {
  it.each([
    ['order', FILE],
    ['order_list', FILE],
    ['orders_of_2024', FILE],
    ['limits', '`limit` is a value: use the variable `limit`'],
    ['t1', '`t1` is the result of an earlier task: use results.t1.output'],
    ['query_table', '`queryTable` is a tool that you can call: await queryTable({ sql })'],
    ['websearch', '`web_search` is an agent that you can start: await web_search({ task: "…" })'],
    ['arquero', '`arquero` is a package: import * as arquero from "arquero"'],
    ['drawChart', '`drawChart` is a tool that was not granted for this task. Do what you can without it'],
    ['writer', '`writer` is an agent of the team that this task may not start. Do what you can without it'],
    ['news_desk', '`news-desk` is an agent of the team that this task may not start.'],
  ])('explains %s in code', async (name, words) => {
    const shown = await told(name)
    expect(shown).toContain(`${name} is not defined`)
    expect(shown).toContain(words)
  })

  it('explains nothing about another name', async () => {
    const shown = await told('qqqqqq')
    expect(shown).toContain('qqqqqq is not defined')
    expect(shown).not.toMatch(/is a (file|value|tool|package)|is an agent/)
  })

  it.each([
    [
      'order-list',
      '`order-list` is a file, not a function: read its text with readFile {"name":"order-list"}',
    ],
    ['limit', '`limit` is a value, which stands in the task, and no function'],
    ['drawChart', '`drawChart` is a tool that was not granted for this task.'],
    ['writer', '`writer` is an agent of the team that this task may not start.'],
  ])('explains a call of %s at level 3', async (name, words) => {
    const shown = await told(name, 3)
    expect(shown).toContain(`found "${name}"`)
    expect(shown).toContain(words)
  })
})
