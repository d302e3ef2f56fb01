import type { AgentDefinition, Level } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { inlineSandbox } from '../testing/inline-sandbox.ts'
import type { ScriptedReply } from '../testing/scripted-model.ts'
import { type TrialOptions, tryTask } from '../testing/try-task.ts'

const LEVELS: Level[] = [0, 1, 2, 3, 4, 5]

/** Every tool, granted or not. Records the calls that reached it. */
function world() {
  const reached: string[] = []
  const tool = (name: string) =>
    defineTool({
      name,
      description: `The tool ${name}.`,
      input: z.object({ n: z.number().optional() }),
      effect: 'none',
      run: ({ n }) => {
        reached.push(name)
        return n ?? 0
      },
    })
  const sandbox = inlineSandbox()
  return { reached, granted: tool('granted'), secret: tool('secret'), sandbox }
}

/** An agent with everything that its level can have. */
function agent(
  level: Level,
  granted: ReturnType<typeof world>['granted'],
): Omit<AgentDefinition, 'name' | 'description'> {
  const routes = {
    left: { when: 'left', to: { answer: 'went left' } },
    right: { when: 'right', to: { answer: 'right' } },
  }
  return {
    level,
    ...(level === 1 && { routes }),
    ...(level >= 2 && { tools: [granted] }),
    ...(level >= 4 && { delegates: ['helper'] }),
  }
}

const calls = (...names: string[]): ScriptedReply => ({
  calls: names.map((name) => ({ name, arguments: {} })),
})
const final = (answer: unknown): ScriptedReply => ({
  calls: [{ name: 'finalAnswer', arguments: { answer } }],
})
const code = (text: string) => `<code>\n${text}\n</code>`

/** A valid answer of the level. Ends every attack. */
function good(level: Level): ScriptedReply {
  if (level === 1) return 'left'
  if (level === 5) return code("finalAnswer('good')")
  return level >= 3 ? final('good') : 'good'
}

async function attack(
  level: Level,
  replies: ScriptedReply[],
  more: TrialOptions & Partial<AgentDefinition> = {},
) {
  const { reached, granted, secret, sandbox } = world()
  const { budget, output, checks, ...trial } = more
  const delegated: string[] = []
  const tried = await tryTask(
    {
      ...agent(level, granted),
      ...(budget && { budget }),
      ...(output && { output }),
      ...(checks && { checks }),
    },
    replies,
    {
      agents: [{ name: 'helper', description: 'Helps.', level: 3 }],
      // The host offers more than the grant, so only the gate prevents the call.
      callable: [secret],
      sandbox,
      delegate: async ({ target }) => {
        delegated.push(target)
        const usage = {
          inputTokens: 1,
          cachedTokens: 0,
          outputTokens: 1,
          reasoningTokens: 0,
          replies: 1,
          cost: 0,
        }
        return { status: 'completed', output: 'helped', usage, artifacts: [] }
      },
      ...trial,
    },
  )
  const refused = tried.records.flatMap((record) => (record.type === 'call.refused' ? [record] : []))
  return { ...tried, reached, delegated, refused, executed: sandbox.executed.length }
}

describe('a tool that was not granted', () => {
  it.each(LEVELS)('is refused at level %i with a helpful message', async (level) => {
    const tries = level === 5 ? code('await secret({})') : calls('secret')
    const { result, reached, refused, requests } = await attack(level, [tries, good(level)])
    expect(reached).toEqual([])
    expect(result.status).toBe('completed')
    if (level === 5) {
      // Code has no such function, so the gate has nothing to refuse.
      expect(JSON.stringify(requests[1]?.messages.at(-1))).toContain('secret is not defined')
      return
    }
    expect(refused).toEqual([expect.objectContaining({ name: 'secret' })])
    expect(JSON.stringify(requests[1]?.messages.at(-1))).toContain(
      level < 2 ? `level is ${level}` : 'granted',
    )
  })
})

describe('a second round of calls', () => {
  it.each(LEVELS)('at level %i', async (level) => {
    const round = level === 5 ? code('await granted({ n: 1 })') : calls('granted')
    const other: ScriptedReply =
      level === 5 ? code('await granted({ n: 2 })') : { calls: [{ name: 'granted', arguments: { n: 2 } }] }
    const { result, reached, refused } = await attack(level, [round, other, good(level)])
    expect(result.status).toBe('completed')
    expect(reached).toHaveLength([0, 0, 1, 2, 2, 2][level] ?? -1)
    expect(refused).toHaveLength([2, 2, 1, 0, 0, 0][level] ?? -1)
  })
})

describe('starting a delegate', () => {
  it.each(LEVELS)('at level %i', async (level) => {
    const start: ScriptedReply =
      level === 5
        ? code("await helper({ task: 'help' })")
        : { calls: [{ name: 'helper', arguments: { task: 'help' } }] }
    const { result, delegated, refused } = await attack(level, [start, good(level)])
    expect(result.status).toBe('completed')
    expect(delegated).toEqual(level >= 4 ? ['helper'] : [])
    expect(refused).toHaveLength(level >= 4 ? 0 : 1)
  })

  it('is refused at level 3 even if the grant includes the delegate by mistake', async () => {
    const { delegated, refused } = await attack(
      3,
      [{ calls: [{ name: 'helper', arguments: { task: 'x' } }] }, good(3)],
      {
        spec: {
          grant: {
            level: 3,
            tools: [],
            delegates: [{ name: 'helper', description: 'Helps.', level: 3 }],
            imports: [],
            budget: {},
            approval: 'never',
          },
        },
      },
    )
    expect(delegated).toEqual([])
    expect(refused[0]?.reason).toContain('level 4')
  })
})

describe('code', () => {
  it.each(LEVELS)('runs only at level 5; this is level %i', async (level) => {
    const { result, executed } = await attack(level, [
      code("finalAnswer('from code')"),
      good(level),
      good(level),
    ])
    expect(executed).toBe(level === 5 ? 1 : 0)
    // Below level 5 code is text: an answer at 0 and 2, no route at 1, no call at 3 and 4.
    const outputs = [
      code("finalAnswer('from code')"),
      'went left',
      code("finalAnswer('from code')"),
      'good',
      'good',
      'from code',
    ]
    expect(result).toMatchObject({ status: 'completed', output: outputs[level] })
  })
})

describe('exceeding the budget', () => {
  const spend = (level: Level): ScriptedReply => (level === 5 ? code('await granted({})') : calls('granted'))

  it.each(LEVELS)(
    'in steps ends level %i as exhausted, or as failed if steps are only repairs',
    async (level) => {
      const { result, requests } = await attack(level, [spend(level), spend(level), 'the rest'], {
        budget: { steps: 2 },
      })
      if (level === 1) {
        expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-answer' } })
        return
      }
      expect(result).toMatchObject({ status: 'exhausted', output: 'the rest', error: { limit: 'steps' } })
      expect(requests).toHaveLength(3)
    },
  )

  it.each(LEVELS)('in tokens ends level %i as exhausted before the next request', async (level) => {
    const { result, requests } = await attack(level, [spend(level), spend(level)], { budget: { tokens: 20 } })
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
    expect(requests).toHaveLength(0)
  })

  it.each(LEVELS)('in calls is refused at level %i', async (level) => {
    const two: ScriptedReply =
      level === 5
        ? code('await Promise.allSettled([granted({ n: 1 }), granted({ n: 2 })])')
        : { calls: [1, 2].map((n) => ({ name: 'granted', arguments: { n } })) }
    const { reached, refused, result } = await attack(level, [two, good(level)], { budget: { calls: 1 } })
    expect(reached).toHaveLength(level >= 2 ? 1 : 0)
    expect(refused).toHaveLength(level >= 2 ? 1 : 2)
    expect(result.status).toBe('completed')
  })
})

describe('an answer that does not fit the schema or the routes', () => {
  const output = z.object({ sum: z.number() })
  const answer = (level: Level, value: unknown): ScriptedReply => {
    if (level === 5) return code(`finalAnswer(${JSON.stringify(value)})`)
    return level >= 3 ? final(value) : JSON.stringify(value)
  }

  it.each(LEVELS)('is fed back at level %i and never returned', async (level) => {
    if (level === 1) {
      const { result, requests } = await attack(1, ['{"route": "up"}', 'right'])
      expect(result.output).toBe('right')
      expect(requests[1]?.messages.at(-1)?.content).toContain('"up" names no route'.slice(0, 3))
      return
    }
    const replies = [answer(level, { sum: 'five' }), answer(level, { total: 5 }), answer(level, { sum: 5 })]
    const { result, requests } = await attack(level, replies, { output })
    expect(result).toMatchObject({ status: 'completed', output: { sum: 5 } })
    expect(JSON.stringify(requests[1]?.messages.at(-1))).toContain('sum: expected number, received string')
    expect(JSON.stringify(requests[2]?.messages.at(-1))).toContain('sum is missing')
  })

  it.each([0, 1, 2] as const)('fails the task at level %i if it is repeated', async (level) => {
    const { result } = await attack(level, ['no', 'no', 'no', 'no'], level === 1 ? {} : { output })
    expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-answer' } })
  })

  it('takes the default route after the repairs', async () => {
    const { granted } = world()
    const { result, requests } = await tryTask({ ...agent(1, granted), defaultRoute: 'left' }, [
      'up',
      'down',
      'nowhere',
    ])
    expect(result).toMatchObject({ status: 'completed', output: 'went left' })
    expect(requests).toHaveLength(3)
  })
})
