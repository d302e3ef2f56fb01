import type { AgentDefinition } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { type Script, tryTask } from '@bailiwick/core/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { StepFactsCollector } from '../src/target/facts-of-records.ts'
import { countWaste, NOTHING_WASTED } from '../src/target/wasted-replies.ts'

const add = defineTool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ a: z.number(), b: z.number() }),
  effect: 'none',
  run: async ({ a, b }) => {
    if (a < 0) throw new Error('no negative numbers')
    return a + b
  },
})

/** Runs the real loop on these replies, and counts the waste in its journal. */
async function waste(level: AgentDefinition['level'], script: Script, more: Partial<AgentDefinition> = {}) {
  const { records } = await tryTask({ level, tools: [add], ...more }, script)
  const facts = new StepFactsCollector()
  for (const record of records) facts.add(record)
  const counted = countWaste(facts.steps, Number(level))
  return Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0))
}

const call = (name: string, args: unknown) => ({ calls: [{ name, arguments: args }] })
const answer = (value: unknown) => call('finalAnswer', { answer: value })
const code = (source: string) => `<code>\n${source}\n</code>`
const sum = call('add', { a: 1, b: 2 })

describe('a reply is wasted at level 3', () => {
  it.each<[string, Script, Record<string, number>]>([
    ['never, if calls lead to the answer', [sum, answer(3)], {}],
    ['if it has no call', ['I will add them.', sum, answer(3)], { 'no action': 1 }],
    [
      'if its call cannot be read',
      ['```json\n{"name": "add", "arguments": {"a": 1', sum, answer(3)],
      { parse: 1 },
    ],
    ['if it writes its call as code', ['I call add({ a: 1, b: 2', sum, answer(3)], { parse: 1 }],
    ['if it calls what was not granted', [call('subtract', {}), sum, answer(3)], { refused: 1 }],
    ['if its arguments are wrong', [call('add', { a: 'x' }), sum, answer(3)], { error: 1 }],
    ['if its call fails', [call('add', { a: -1, b: 2 }), sum, answer(3)], { error: 1 }],
    ['if it makes the same call again', [sum, sum, answer(3)], { repeat: 1 }],
    [
      'not if one of two calls succeeds',
      [{ calls: [...sum.calls, ...call('add', { a: -1, b: 0 }).calls] }, answer(3)],
      {},
    ],
  ])('%s', async (_, script, expected) => {
    expect(await waste(3, script)).toEqual(expected)
  })

  it('if its answer does not fit the schema', async () => {
    expect(await waste(3, [answer('three'), answer(3)], { output: z.number() })).toEqual({ refused: 1 })
  })
})

describe('a reply is wasted at level 5', () => {
  it.each<[string, Script, Record<string, number>]>([
    ['never, if one step computes and answers', [code('finalAnswer(await add({ a: 1, b: 2 }))')], {}],
    ['if it has no code', ['I will add them.', code('finalAnswer(3)')], { 'no action': 1 }],
    ['if it is Python', [code('def f(x):\n    return x\nprint(f(1))'), code('finalAnswer(3)')], { parse: 1 }],
    ['if its code throws', [code('nothing.there'), code('finalAnswer(3)')], { error: 1 }],
    [
      'if it runs the same code again',
      [code('console.log(1)'), code('console.log(1)'), code('finalAnswer(3)')],
      { repeat: 1 },
    ],
    [
      'if it only repeats what was shown',
      [code('console.log("sum", 345)'), code('finalAnswer({ sum: 345 })')],
      { 'repeated answer': 1 },
    ],
    ['not if its answer is new', [code('console.log(3)'), code('finalAnswer(4)')], {}],
  ])('%s', async (_, script, expected) => {
    expect(await waste(5, script)).toEqual(expected)
  })
})

it('is not wasted while its step has not ended', () => {
  expect(countWaste([{ step: 1, text: 'x', calls: [], refused: false }], 3)).toEqual(NOTHING_WASTED)
})
