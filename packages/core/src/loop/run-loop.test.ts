import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { inlineSandbox } from '../testing/inline-sandbox.ts'
import { tryTask } from '../testing/try-task.ts'
import { callBack } from './callbacks.ts'

const population = defineTool({
  name: 'population',
  description: 'Inhabitants of a country, in millions.',
  input: z.object({ country: z.string() }),
  effect: 'none',
  run: ({ country }) => ({ Norway: 5.6, Iceland: 0.4 })[country] ?? Number.NaN,
})

const call = (name: string, args: unknown) => ({ calls: [{ name, arguments: args }] })

describe('runLoop', () => {
  it('takes one reply as the answer at level 0', async () => {
    const { result, records } = await tryTask({ level: 0 }, ['hello'])
    expect(result).toMatchObject({ status: 'completed', output: 'hello', usage: { replies: 1 } })
    expect(records.map(({ type }) => type)).toEqual([
      'task.created',
      'task.started',
      'step.replied',
      'step.ended',
      'task.ended',
    ])
  })

  it('runs the route that the reply names at level 1', async () => {
    const routes = {
      shout: { when: 'loud', to: (text: string) => text.toUpperCase() },
      billing: { when: 'money', to: { agent: 'accounts' } },
    }
    const shouted = await tryTask({ level: 1, routes }, ['{"route": "shout"}'], { text: 'hi' })
    expect(shouted.result.output).toBe('HI')
    const billed = await tryTask({ level: 1, routes }, ['billing'])
    expect(billed.result.output).toEqual({ route: 'billing', agent: 'accounts' })
  })

  it('makes one round of calls, then takes the answer at level 2', async () => {
    const { result, requests } = await tryTask({ level: 2, tools: [population] }, [
      call('population', { country: 'Norway' }),
      '5.6 million',
    ])
    expect(result).toMatchObject({ status: 'completed', output: '5.6 million' })
    expect(requests.map(({ tools, toolChoice }) => [tools?.length, toolChoice])).toEqual([
      [1, undefined],
      [1, 'none'],
    ])
    expect(requests[1]?.messages.at(-1)).toEqual({
      role: 'tool',
      callId: 'call_1_1',
      content: '<data>5.6</data>',
    })
  })

  it('gives the same answer at levels 3 and 5 for the same definition and task', async () => {
    const definition = { level: 3 as const, tools: [population] }
    const three = await tryTask(definition, [
      { calls: ['Norway', 'Iceland'].map((country) => ({ name: 'population', arguments: { country } })) },
      call('finalAnswer', { answer: 6 }),
    ])
    const five = await tryTask(
      definition,
      [
        "<code>\nconst [a, b] = await Promise.all(['Norway', 'Iceland'].map((country) => population({ country })))\nfinalAnswer(a + b)\n</code>",
      ],
      { level: 5 },
    )
    expect(three.result).toMatchObject({ status: 'completed', output: 6 })
    expect(five.result).toMatchObject({ status: 'completed', output: 6 })
    expect(five.records.filter(({ type }) => type === 'call.started')).toHaveLength(2)
  })

  it('offers delegates as functions with a typed result at level 4', async () => {
    const agents = [{ name: 'web-search', description: 'Searches.', level: 3 as const }]
    const { result } = await tryTask(
      { level: 4, delegates: ['web-search'] },
      [call('web_search', { task: 'find it' }), call('finalAnswer', { answer: 'found' })],
      {
        agents,
        delegate: async ({ target, text }) => ({
          status: 'completed',
          output: `${target}: ${text}`,
          usage: {
            inputTokens: 100,
            cachedTokens: 0,
            outputTokens: 1,
            reasoningTokens: 0,
            replies: 1,
            cost: 0,
          },
          artifacts: [],
        }),
      },
    )
    expect(result).toMatchObject({
      status: 'completed',
      output: 'found',
      usage: { inputTokens: 120, replies: 3 },
    })
  })
})

describe('callBack', () => {
  it('calls back by type of record, and passes every event on', async () => {
    const { events } = await tryTask({ level: 5, planEvery: 5 }, [
      '1. add',
      '<code>\nconsole.log(1)\nfinalAnswer(2)\n</code>',
    ])
    const seen: unknown[] = []
    const stream = callBack(
      (async function* () {
        yield* events
      })(),
      {
        'task.planned': ({ text }) => void seen.push(text),
        print: ({ line }) => void seen.push(line),
        'step.ended': ({ step, final }) => void seen.push(`${step}: ${final}`),
      },
    )
    let passed = 0
    for await (const _ of stream) passed += 1
    expect(passed).toBe(events.length)
    expect(seen).toEqual(['1. add', '1', '1: 2'])
  })
})

describe('resuming', () => {
  it('ends a code task the same after every prefix of its journal, without repeating a model or tool call', async () => {
    const calls: string[] = []
    const note = defineTool({
      name: 'note',
      description: 'Notes.',
      input: z.object({ text: z.string() }),
      effect: 'idempotent',
      run: ({ text }, { key }) => {
        calls.push(`${key} ${text}`)
        return text.length
      },
    })
    const script = [
      '<code>\nconst first = await note({ text: "one" })\nconsole.log(first)\n</code>',
      '<code>\nconst second = await note({ text: "three" })\nfinalAnswer(first + second)\n</code>',
    ]
    const whole = await tryTask({ level: 5, tools: [note] }, script)
    expect(whole.result.output).toBe(8)
    const made = new Set(calls)
    for (let length = 1; length < whole.records.length; length += 1) {
      const prefix = whole.records.slice(0, length)
      const replies = prefix.filter(({ type }) => type === 'step.replied').length
      calls.length = 0
      const again = await tryTask({ level: 5, tools: [note] }, script.slice(replies), {
        journal: memoryJournal(prefix),
        sandbox: inlineSandbox(),
      })
      expect(again.result.output).toBe(8)
      expect(again.requests).toHaveLength(2 - replies)
      const delivered = prefix.filter(({ type }) => type === 'call.ended').length
      expect(calls).toHaveLength(2 - delivered)
      for (const one of calls) expect(made).toContain(one)
    }
  })
})
