import { NO_USAGE } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { judge } from '../answer/judge.ts'
import { defineAgent } from '../define/define-agent.ts'
import { defineTool } from '../define/define-tool.ts'
import { type TrialOptions, tryTask } from '../testing/try-task.ts'
import { rebuildRequests } from './rebuild-requests.ts'

let calls = 0
const double = defineTool({
  name: 'double',
  description: 'Doubles.',
  input: z.object({ n: z.number() }),
  effect: 'once',
  run: ({ n }) => {
    calls += 1
    return 2 * n
  },
})
const code = (text: string) => `<code>\n${text}\n</code>`
const call = (name: string, args: object) => ({ text: '', calls: [{ id: 'a', name, arguments: args }] })
const done = { status: 'completed' as const, output: { mean: 5.125 }, usage: NO_USAGE, artifacts: [] }

it.each<[string, Parameters<typeof tryTask>[0], Parameters<typeof tryTask>[1], TrialOptions?]>([
  ['a repair', { level: 0, output: z.object({ n: z.number() }) }, ['nothing', '{"n": 1}']],
  [
    'a report',
    { level: 0, references: true },
    ['It is 5.1.', 'It is {{t1.mean:1}}.'],
    { results: { t1: done } },
  ],
  ['a route', { level: 1, routes: { a: { when: 'x', to: { answer: 'y' } } } }, ['no', '{"route": "a"}']],
  ['one round', { level: 2, tools: [double] }, [call('double', { n: 1 }), 'It is 2.']],
  ['rounds', { level: 3, tools: [double] }, [call('double', { n: 1 }), call('finalAnswer', { answer: 2 })]],
  [
    'code with plans',
    { level: 5, tools: [double], planEvery: 1 },
    ['First a plan.', code('const d = await double({ n: 2 })\nd'), 'Another plan.', code('finalAnswer(d)')],
    { inputs: { rows: [1, 2] } },
  ],
  ['a last answer', { level: 5, budget: { steps: 1 } }, [code('1 + 1'), 'I only know 2.']],
])('makes every request of %s again, and calls nothing', async (_, definition, script, options) => {
  const { records, requests } = await tryTask(definition, script, options)
  calls = 0
  const agent = defineAgent({ name: 'tester', description: 'Works in tests.', ...definition })
  const rebuilt = await rebuildRequests(agent, records)
  expect(rebuilt.map(({ request }) => request)).toEqual(requests)
  expect(calls).toBe(0)
})

it('says that the question of a judge is not known', async () => {
  const definition = { level: 0 as const, checks: [judge('It is blue.')] }
  const { records, requests } = await tryTask(definition, ['Blue.', 'PASS'])
  const agent = defineAgent({ name: 'tester', description: 'Works in tests.', ...definition })
  const rebuilt = await rebuildRequests(agent, records)
  expect(rebuilt.map(({ purpose }) => purpose)).toEqual(['act', 'judge'])
  expect(rebuilt.map(({ request }) => request)).toEqual([requests[0], undefined])
})

it('notices that the prompt is another one now', async () => {
  const host = { id: 'h', engine: { node: '', v8: '', bailiwick: '' } }
  const { records } = await tryTask({ level: 0 }, ['Blue.'], { host })
  for (const [instructions, changed] of [
    [undefined, false],
    ['Answer in verse.', true],
  ] as const) {
    const agent = defineAgent({
      name: 'tester',
      description: 'Works in tests.',
      level: 0,
      ...(instructions && { instructions }),
    })
    const [rebuilt] = await rebuildRequests(agent, records)
    expect(rebuilt?.changed).toBe(changed)
  }
})
