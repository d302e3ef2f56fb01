import { fileURLToPath } from 'node:url'
import type { AgentEvent, JournalRecord } from '@bailiwick/contract'
import { defineAgent, defineTool, judge } from '@bailiwick/core'
import { type Script, scriptedModel } from '@bailiwick/core/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Agent, type AgentOptions } from '../src/agent.ts'

await useBubblewrap()

const opened: Agent[] = []
afterAll(async () => {
  for (const agent of opened) await agent[Symbol.asyncDispose]()
})

function agentOf(script: Script, options: AgentOptions = {}): Agent {
  const agent = new Agent({ model: scriptedModel(script), ...options })
  opened.push(agent)
  return agent
}

const code = (source: string) => `<code>\n${source}\n</code>`

const population = defineTool({
  name: 'population',
  description: 'Inhabitants of a country, in millions.',
  input: z.object({ country: z.enum(['Kenya', 'Norway']) }),
  effect: 'none',
  run: async ({ country }) => ({ Kenya: 56.4, Norway: 5.6 })[country],
})

/** A tool that waits until it is aborted. */
function waitingTool() {
  const called = Promise.withResolvers<void>()
  const tool = defineTool({
    name: 'wait',
    description: 'Waits until it is canceled.',
    input: z.object({}),
    effect: 'none',
    run: (_, { signal }) => {
      called.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  return { tool, called: called.promise }
}

describe.concurrent('an agent in this process', () => {
  it('gives the same answer with code and with JSON calls', async () => {
    const byCode = agentOf(
      [
        code(
          "const both = await Promise.all(['Norway', 'Kenya'].map((country) => population({ country })))\nfinalAnswer(both[0] + both[1])",
        ),
      ],
      { tools: [population] },
    )
    const call = (country: string) => ({ name: 'population', arguments: { country } })
    const byCalls = agentOf(
      [
        { calls: [call('Norway'), call('Kenya')] },
        { calls: [{ name: 'finalAnswer', arguments: { answer: 62 } }] },
      ],
      { tools: [population], level: 3 },
    )
    for (const agent of [byCode, byCalls]) {
      expect(await agent.run('How many live in both?')).toMatchObject({ status: 'completed', output: 62 })
    }
  })

  it('streams events in order and ends with the result', async () => {
    const agent = agentOf([code('console.log("looking")'), code('finalAnswer(1)')])
    const events: AgentEvent[] = []
    for await (const event of agent.stream('Look')) events.push(event)
    const seen = events.map((event) => (event.type === 'record' ? event.record.type : event.type))
    expect(seen.filter((type) => type !== 'text')).toEqual([
      'task.created',
      'task.started',
      'step.replied',
      'step.started',
      'print',
      'turn.committed',
      'step.ended',
      'step.replied',
      'step.started',
      'turn.committed',
      'step.ended',
      'task.ended',
    ])
    expect(events.every(({ level, agent: name }) => level === 5 && name === 'agent')).toBe(true)
  })

  it('continues with the memory and the world of an earlier result', async () => {
    const agent = agentOf([
      code('let total = 40\nfinalAnswer(total)'),
      code('total += more\nfinalAnswer(total)'),
    ])
    const first = await agent.run('Start with 40')
    const second = await agent.run('Add what is in `more`', { continue: first, inputs: { more: 2 } })
    expect(second).toMatchObject({ status: 'completed', output: 42 })
    await expect(agent.run('Again', { continue: { ...first } })).rejects.toThrow(
      'the object that run() of this agent',
    )
  })

  it('isolates tasks that run at the same time', async () => {
    const agent = agentOf(({ messages }) => {
      const task = messages.find(({ role }) => role === 'user')?.content ?? ''
      return code(`const mine = ${JSON.stringify(task.match(/number (\d)/)?.[1])}\nfinalAnswer(mine)`)
    })
    const results = await Promise.all([1, 2, 3].map((n) => agent.run(`You are number ${n}`)))
    expect(results.map(({ output }) => output)).toEqual(['1', '2', '3'])
  })

  it('cancels a running step on interrupt() and on abort', async () => {
    const byHand = waitingTool()
    const agent = agentOf([code('await wait({})')], { tools: [byHand.tool] })
    const running = agent.run('Wait')
    await byHand.called
    agent.interrupt('enough')
    expect(await running).toMatchObject({ status: 'canceled', error: { message: 'enough' } })

    const bySignal = waitingTool()
    const controller = new AbortController()
    const other = agentOf([code('await wait({})')], { tools: [bySignal.tool] })
    const aborted = other.run('Wait', { signal: controller.signal })
    await bySignal.called
    controller.abort(new Error('too late'))
    expect(await aborted).toMatchObject({ status: 'canceled', error: { message: 'too late' } })
  })

  it('calls back by type of record', async () => {
    const codes: string[] = []
    const kinds: JournalRecord['type'][] = []
    const agent = agentOf([code('1 + 1'), code('finalAnswer(2)')], {
      on: {
        'step.started': (record) => codes.push(record.code),
        'task.ended': ({ type }) => kinds.push(type),
      },
    })
    await agent.run('Add')
    expect(codes).toEqual(['1 + 1', 'finalAnswer(2)'])
    expect(kinds).toEqual(['task.ended'])
  })

  it('uses another model for a purpose that has its own', async () => {
    const asked: string[] = []
    const named = (name: string, reply: string) =>
      scriptedModel(({ purpose }) => {
        asked.push(`${name}: ${purpose}`)
        return reply
      })
    const agent = agentOf([], {
      model: named('fast', code('finalAnswer(1)')),
      models: { plan: named('strong', 'Answer.'), judge: named('strict', 'PASS') },
      planEvery: 3,
      checks: [judge('It is a number.')],
    })
    expect(await agent.run('Answer')).toMatchObject({ status: 'completed', output: 1 })
    expect(asked).toEqual(['strong: plan', 'fast: act', 'strict: judge'])
  })

  it('starts delegates that use its model and its budget', async () => {
    const lead = agentOf(
      ({ lane }) =>
        lane.agent === 'counter'
          ? '17'
          : code(
              "const { status, output } = await counter({ task: 'How many words?' })\nfinalAnswer(status + ': ' + output)",
            ),
      {
        delegates: [{ name: 'counter', description: 'Counts words.', level: 0 }],
        budget: { steps: 3, tokens: 10_000 },
      },
    )
    const result = await lead.run('Have the words counted')
    expect(result).toMatchObject({ status: 'completed', output: 'completed: 17' })
    expect(result.usage.replies).toBe(2)
  })

  it('resolves imports from the given folder', async () => {
    const source = `
import { max } from 'd3-array'
import { mean } from 'simple-statistics'
finalAnswer({ mean: mean([1, 2, 6]), max: max([1, 2, 6]) })`
    const agent = agentOf([code(source)], {
      imports: ['d3-array', 'simple-statistics'],
      importsFrom: fileURLToPath(new URL('../../agents/analyst', import.meta.url)),
    })
    expect((await agent.run('Sum')).output).toEqual({ mean: 3, max: 6 })
  })

  it('asks before a call that needs approval, its own or a delegate’s', async () => {
    const asked: string[] = []
    const call = (answer: string) => code(`finalAnswer(await population({ country: '${answer}' }))`)
    const scout = defineAgent({
      name: 'scout',
      description: 'x',
      level: 5,
      tools: [population],
      approval: 'always',
      model: scriptedModel([call('Norway')]),
    })
    const sum = '(await scout({ task: "look" })).output + (await population({ country: "Kenya" }))'
    const agent = agentOf([code(`finalAnswer(${sum})`)], {
      tools: [population],
      delegates: [scout],
      approval: 'always',
      approve: async ({ name, args }) => {
        asked.push(`${name} ${JSON.stringify(args)}`)
        return true
      },
    })
    expect(await agent.run('add')).toMatchObject({ status: 'completed', output: 62 })
    expect(asked).toContain('population {"country":"Norway"}')
    expect(asked).toContain('population {"country":"Kenya"}')
    const alone = agentOf([call('Norway'), code('finalAnswer(0)')], {
      tools: [population],
      approval: 'always',
    })
    expect(await alone.run('add')).toMatchObject({ output: 0 })
  })
})
