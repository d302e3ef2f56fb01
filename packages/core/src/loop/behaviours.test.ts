import {
  type AnswerContext,
  ModelError,
  type ModelReply,
  type ModelRequest,
  type RecordOf,
  type TaskResult,
} from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineAgent } from '../define/define-agent.ts'
import { defineTool } from '../define/define-tool.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { definedGrant } from '../levels/grant.ts'
import { systemPrompt } from '../prompts/system-prompt.ts'
import type { ScriptedReply } from '../testing/scripted-model.ts'
import { type Trial, tryTask } from '../testing/try-task.ts'

/** The numbered behaviours of the loop that users of code agents rely on. */

const code = (text: string) => `<code>\n${text}\n</code>`
const call = (name: string, args: unknown): ScriptedReply => ({ calls: [{ name, arguments: args }] })
const final = (answer: unknown) => call('finalAnswer', { answer })
const told = ({ requests }: Trial, request: number) => JSON.stringify(requests[request]?.messages.at(-1))
const types = ({ records }: Trial) => records.map(({ type }) => type)

const double = defineTool({
  name: 'double',
  description: 'Twice a number.',
  input: z.object({ n: z.number() }),
  effect: 'none',
  run: ({ n }) => {
    if (n < 0) throw new Error('only positive numbers have a double here')
    return 2 * n
  },
})

const USAGE = { inputTokens: 7, cachedTokens: 0, outputTokens: 3, reasoningTokens: 0, replies: 1, cost: 0 }
const HELPER = { name: 'helper', description: 'Helps.', level: 3 as const }
const ended = (result: Partial<TaskResult>) => async (): Promise<TaskResult> => ({
  status: 'completed',
  usage: USAGE,
  artifacts: [],
  ...result,
})

describe('replies', () => {
  it('43: quotes the expected form if a reply has no code block', async () => {
    const trial = await tryTask({ level: 5 }, ['Let me think.', code('finalAnswer(1)')])
    expect(told(trial, 1)).toContain('no code in your reply')
    expect(told(trial, 1)).toContain('<code>')
    expect(trial.result).toMatchObject({ status: 'completed', output: 1 })
  })

  it('44: accepts Markdown fences', async () => {
    const { result } = await tryTask({ level: 5 }, ['```js\nfinalAnswer(1)\n```'])
    expect(result.output).toBe(1)
  })

  it('45: joins several blocks', async () => {
    const { result } = await tryTask({ level: 5 }, [`${code('const a = 1')}\n${code('finalAnswer(a + 1)')}`])
    expect(result.output).toBe(2)
  })

  it('46: feeds an execution error back with the call’s id and advice', async () => {
    const json = await tryTask({ level: 3, tools: [double] }, [call('double', { n: -1 }), final(0)])
    expect(told(json, 1)).toContain(
      'Call 1.1 failed (error): double(<data>{\\"n\\":-1}</data>): <data>only positive numbers',
    )
    const inCode = await tryTask({ level: 5, tools: [double] }, [
      code('await double({ n: -1 })'),
      code('finalAnswer(0)'),
    ])
    expect(told(inCode, 1)).toContain('only positive numbers')
    expect(told(inCode, 1)).toContain('What ran before the error stays')
  })

  it('62: refuses a final answer beside tool calls, and keeps their results', async () => {
    const both = {
      calls: [
        { name: 'double', arguments: { n: 2 } },
        { name: 'finalAnswer', arguments: { answer: 5 } },
      ],
    }
    const trial = await tryTask({ level: 3, tools: [double] }, [both, final(4)])
    expect(trial.result.output).toBe(4)
    const [first, second] = trial.requests[1]?.messages.slice(-2) ?? []
    expect(first?.content).toBe('<data>4</data>')
    expect(second?.content).toContain('finalAnswer was refused')
  })

  it('64: lists the valid tools if one is unknown, the nearest first', async () => {
    const trial = await tryTask({ level: 3, tools: [double] }, [call('duoble', { n: 1 }), final(1)])
    expect(told(trial, 1)).toContain(String.raw`Did you mean \"double\"?`)
    expect(told(trial, 1)).toContain('Expected a known function (double')
  })

  it.each([
    [2, call('census', { year: 2020 }), 'done'],
    [3, call('census', { year: 2020 }), final('done')],
    [4, call('census', { year: 2020 }), final('done')],
    [5, code('await census({ year: 2020 })'), code("finalAnswer('done')")],
  ] as const)('says at level %i that a tool has no host', async (level, calling, done) => {
    const grant = { level, tools: [], missing: ['census'], delegates: [], imports: [], budget: {} }
    const trial = await tryTask({ level: 0 }, [calling, done], {
      spec: { grant: { ...grant, approval: 'never' } },
    })
    expect(trial.requests[0]?.messages[0]?.content).toContain('because no process hosts it: census.')
    expect(told(trial, 1)).toContain(
      'census is not available: no process hosted it when this task was created.',
    )
    expect(trial.result.output).toBe('done')
  })

  it('refuses an answer that follows an invented observation', async () => {
    const trial = await tryTask({ level: 5, tools: [double] }, [
      `${code('const d = await double({ n: 2 })\nfinalAnswer(5)')}\nObservation: 5`,
      code('finalAnswer(d)'),
    ])
    expect(told(trial, 1)).toContain('The final answer was refused')
    expect(trial.result.output).toBe(4)
  })

  it('asks once for a call in place of prose, then takes the prose as the answer', async () => {
    const trial = await tryTask({ level: 3, tools: [double] }, ['It is four.', 'It is four, as I said.'])
    expect(told(trial, 1)).toContain('Nothing was called')
    expect(trial.result.output).toBe('It is four, as I said.')
  })

  it('names the path of a wrong argument', async () => {
    const trial = await tryTask({ level: 3, tools: [double] }, [
      call('double', { n: 'two' }),
      call('double', {}),
      final(1),
    ])
    expect(told(trial, 1)).toContain('n: expected number, received string')
    expect(told(trial, 2)).toContain('n is missing (expected number)')
  })

  it('refuses a call that the last two steps made', async () => {
    let made = 0
    const look = defineTool({
      name: 'look',
      description: 'Looks.',
      input: z.object({}),
      effect: 'none',
      run: () => {
        made += 1
      },
    })
    const trial = await tryTask({ level: 3, tools: [look] }, [
      call('look', {}),
      call('look', {}),
      call('look', {}),
      final(0),
    ])
    expect(made).toBe(2)
    expect(told(trial, 3)).toContain('identical call already made in steps 1 and 2')
  })

  it('refuses code that the last two steps ran', async () => {
    const trial = await tryTask({ level: 5 }, [
      code('nope()'),
      code('nope()'),
      code('nope()'),
      code('finalAnswer(0)'),
    ])
    expect(trial.records.filter(({ type }) => type === 'step.started')).toHaveLength(3)
    expect(told(trial, 3)).toContain('identical code already ran in steps 1 and 2')
  })
})

describe('inputs', () => {
  const inputs = {
    rows: Array.from({ length: 500 }, (_, n) => ({ day: `2024-01-${(n % 28) + 1}`, rain: n / 10 })),
    limit: 40,
  }

  it('47: are variables in the code', async () => {
    const { result } = await tryTask(
      { level: 5 },
      [code('finalAnswer(rows.filter(({ rain }) => rain > limit).length)')],
      { inputs },
    )
    expect(result.output).toBe(99)
  })

  it('48: are described in the prompt, not shown whole', async () => {
    const { requests } = await tryTask({ level: 5 }, [code('finalAnswer(1)')], { inputs })
    const task = requests[0]?.messages[1]?.content ?? ''
    expect(task).toContain('rows: list of objects, 500 rows × 2 columns')
    expect(task).toContain('rain: number, 0 to 49.9')
    expect(task.length).toBeLessThan(800)
  })
})

describe('limits', () => {
  it('49: makes N actions, one last request for the answer, and ends with the max-steps error', async () => {
    const trial = await tryTask({ level: 5, budget: { steps: 2 } }, [code('1'), code('2'), 'as far as I got'])
    expect(trial.result).toMatchObject({
      status: 'exhausted',
      output: 'as far as I got',
      error: { code: 'exhausted', limit: 'steps' },
    })
    expect(trial.records.filter(({ type }) => type === 'step.ended')).toHaveLength(2)
    expect(
      trial.records.findLast((record): record is RecordOf<'step.replied'> => record.type === 'step.replied')
        ?.purpose,
    ).toBe('last')
    expect(told(trial, 2)).toContain('no steps left')
  })

  it('50: lets a task override max steps, and takes 0 as 0', async () => {
    const trial = await tryTask({ level: 3, tools: [double] }, ['nothing'], {
      ceiling: { budget: { steps: 0 } },
    })
    expect(trial.result).toMatchObject({ status: 'exhausted', output: 'nothing' })
    expect(trial.requests).toHaveLength(1)
    expect(trial.records.some(({ type }) => type === 'step.ended')).toBe(false)
  })

  it('names the token limit, and returns the last observation', async () => {
    const big = defineTool({
      name: 'big',
      description: 'Much.',
      input: z.object({}),
      effect: 'none',
      run: () => 'x'.repeat(7000),
    })
    const { result } = await tryTask({ level: 3, tools: [big], budget: { tokens: 1500 } }, [
      call('big', {}),
      final(1),
    ])
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
    expect(String(result.output)).toContain('xxxx')
  })

  it('allows the model at most the tokens that are left', async () => {
    const { requests } = await tryTask({ level: 0, budget: { tokens: 1000 } }, ['ok'])
    expect(requests[0]?.maxOutputTokens).toBeLessThan(1000)
  })

  it('refuses a budget in dollars if the price is unknown', async () => {
    const unpriced: ScriptedReply = {
      ...(call('double', { n: 1 }) as object),
      usage: { ...USAGE, cost: null },
    }
    const { result } = await tryTask({ level: 3, tools: [double], budget: { cost: 1 } }, [unpriced, final(1)])
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'cost' }, usage: { cost: null } })
  })

  it('ends a step that exceeds the wall time, and names the limit', async () => {
    const slow = defineTool({
      name: 'slow',
      description: 'Waits.',
      input: z.object({}),
      effect: 'none',
      run: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const { result } = await tryTask({ level: 3, tools: [slow], budget: { wallMs: 50 } }, [call('slow', {})])
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'wallMs' } })
  })

  it('counts usage before a restart', async () => {
    const script = [call('double', { n: 1 }), call('double', { n: 2 }), final(1)]
    const whole = await tryTask({ level: 3, tools: [double], budget: { calls: 1 } }, script)
    const cut = whole.records.findIndex((record) => record.type === 'step.ended') + 1
    const again = await tryTask({ level: 3, tools: [double] }, script.slice(1), {
      journal: memoryJournal(whole.records.slice(0, cut)),
    })
    expect(told(again, 1)).toContain('budget of 1 calls is used')
  })
})

describe('answers', () => {
  it('51: continues after a failing check, whose text reaches the model', async () => {
    const checks = [(answer: unknown) => (answer === 4 ? undefined : 'it must be four')]
    const trial = await tryTask({ level: 5, checks }, [code('finalAnswer(3)'), code('finalAnswer(4)')])
    expect(told(trial, 1)).toContain('not accepted: <data>it must be four</data>')
    expect(trial.result.output).toBe(4)
  })

  it('14, 15: unwraps the keyword form and checks it against the schema', async () => {
    const output = z.object({ sum: z.number() })
    const trial = await tryTask({ level: 5, output }, [
      code('finalAnswer({ answer: { sum: "x" } })'),
      code('finalAnswer({ answer: { sum: 1 } })'),
    ])
    expect(told(trial, 1)).toContain('sum: expected number, received string')
    expect(trial.result.output).toEqual({ sum: 1 })
  })

  it('checks a refinement that JSON Schema cannot express', async () => {
    const output = z.object({ n: z.number().refine((n) => n % 2 === 0, 'wanted an even number') })
    const trial = await tryTask({ level: 0, output }, ['{"n": 3}', '```json\n{"n": 4}\n```'])
    expect(told(trial, 1)).toContain('n: wanted an even number')
    expect(trial.result.output).toEqual({ n: 4 })
  })
})

describe('models', () => {
  const broken = () => {
    throw new ModelError('model-overloaded', 'the server is busy')
  }

  it('52: ends the task with the model’s error code, and keeps the earlier steps', async () => {
    let asked = 0
    const trial = await tryTask({ level: 3, tools: [double] }, () =>
      asked++ === 0 ? call('double', { n: 1 }) : broken(),
    )
    expect(trial.result).toMatchObject({ status: 'failed', error: { code: 'model-overloaded' } })
    expect(types(trial)).toContain('step.ended')
  })

  it('61: reports a delegate’s model failure as an error of the caller’s step', async () => {
    const failed = ended({ status: 'failed', error: { code: 'model-quota', message: 'no money' } })
    const trial = await tryTask(
      { level: 4, delegates: ['helper'] },
      [call('helper', { task: 'x' }), final('gave up')],
      { agents: [HELPER], delegate: failed },
    )
    expect(told(trial, 1)).toContain('helper failed, its model gave no reply: no money')
    expect(trial.result.usage.replies).toBe(3)
  })
})

describe('planning', () => {
  it('53: plans at step 1 and then every k steps, with the remaining steps', async () => {
    const script: ScriptedReply[] = [
      '1. look',
      code('1'),
      code('2'),
      '<think>hm</think>2. answer',
      code('finalAnswer(3)'),
    ]
    const trial = await tryTask({ level: 5, planEvery: 2, budget: { steps: 5 } }, script)
    const purposes = trial.records.flatMap((record) =>
      record.type === 'step.replied' ? [record.purpose] : [],
    )
    expect(purposes).toEqual(['plan', 'act', 'act', 'plan', 'act'])
    expect(told(trial, 0)).toContain('5 steps left')
    expect(told(trial, 3)).toContain('3 steps left')
    expect(trial.records.flatMap((record) => (record.type === 'task.planned' ? [record.text] : []))).toEqual([
      '1. look',
      '2. answer',
    ])
    expect(trial.requests[4]?.messages.slice(-2).map(({ content }) => content)).toEqual([
      '2. answer',
      'Now go on by that plan.',
    ])
  })
})

describe('conversations', () => {
  it('54: keeps memory and world if continued; a new task has neither', async () => {
    const first = await tryTask({ level: 5 }, [code('const a = 20\nfinalAnswer(a)')], {
      text: 'Remember twenty.',
    })
    const more = { type: 'task.continued' as const, at: 1, text: 'Double it.' }
    const second = await tryTask({ level: 5 }, [code('finalAnswer(a * 2)')], {
      journal: memoryJournal([...first.records, more]),
    })
    expect(second.result).toMatchObject({ output: 40, usage: { replies: 1 } })
    expect(second.requests[0]?.messages.map(({ content }) => content).join('\n')).toMatch(
      /Remember twenty[\s\S]*Double it/,
    )
    const fresh = await tryTask({ level: 5 }, [code('finalAnswer(typeof a)')])
    expect(fresh.result.output).toBe('undefined')
  })
})

describe('teams', () => {
  const base = { name: 'lead', description: 'Leads.', level: 4 as const }
  const helper = { name: 'helper', description: 'Helps.', level: 0 as const }

  it('55: rejects duplicate names', () => {
    expect(() => defineAgent({ ...base, tools: [double, double] })).toThrow(
      '"double" names 2 tools or delegates',
    )
    const same = { ...helper, name: 'double' }
    expect(() => defineAgent({ ...base, tools: [double], delegates: [same] })).toThrow('"double" names 2')
  })

  it('56: requires a name and a description of a delegate', () => {
    expect(() => defineAgent({ ...base, delegates: [{ ...helper, description: ' ' }] })).toThrow(
      'delegate helper: description',
    )
    expect(() => defineAgent({ ...base, delegates: [{ ...helper, name: '' }] })).toThrow('name')
  })

  it('57: mentions the team in the prompt only if there is one', async () => {
    const alone = await tryTask({ level: 5 }, [code('finalAnswer(1)')])
    expect(alone.requests[0]?.messages[0]?.content).not.toContain('You may start these agents')
    const team = await tryTask({ level: 5, delegates: ['helper'] }, [code('finalAnswer(1)')], {
      agents: [HELPER],
    })
    expect(team.requests[0]?.messages[0]?.content).toContain('You may start these agents')
  })

  it('58, 59: returns a delegate’s status, output and error, without its work', async () => {
    const exhausted = ended({
      status: 'exhausted',
      output: 'half',
      error: { code: 'exhausted', message: 'no steps', limit: 'steps' },
    })
    const { result } = await tryTask(
      { level: 5, delegates: ['helper'] },
      [
        code(
          "const r = await helper({ task: 'x' })\nfinalAnswer([Object.keys(r).sort(), r.status, r.output, r.error.limit])",
        ),
      ],
      { agents: [HELPER], delegate: exhausted },
    )
    expect(result.output).toEqual([['error', 'output', 'status'], 'exhausted', 'half', 'steps'])
  })

  it('60: includes its delegates’ usage in the caller’s, also after a restart', async () => {
    const options = { agents: [HELPER], delegate: ended({ output: 1 }) }
    const script = [call('helper', { task: 'x' }), final(1)]
    const whole = await tryTask({ level: 4, delegates: ['helper'] }, script, options)
    expect(whole.result.usage).toMatchObject({ inputTokens: 27, replies: 3 })
    const cut = whole.records.findIndex(({ type }) => type === 'call.ended') + 1
    const again = await tryTask({ level: 4, delegates: ['helper'] }, script.slice(1), {
      ...options,
      journal: memoryJournal(whole.records.slice(0, cut)),
    })
    expect(again.result.usage).toEqual(whole.result.usage)
  })

  it('63: shows tools that changed after construction in the next prompt', () => {
    const spec = (tools: (typeof double)[]) => ({ grant: definedGrant({ ...base, level: 5, tools }) })
    const prompt = (tools: (typeof double)[]) =>
      systemPrompt(base, {
        run: 'r',
        owner: 'user',
        task: 't',
        agent: 'lead',
        name: 't',
        text: '',
        inputs: [],
        results: {},
        seed: '',
        depth: 0,
        ...spec(tools),
      })
    expect(prompt([double])).toContain('declare function double')
    expect(prompt([{ ...double, name: 'treble' }])).toContain('declare function treble')
  })

  it('65: runs nothing when an agent is defined', () => {
    let ran = 0
    const count = () => {
      ran += 1
      return undefined
    }
    defineAgent({
      name: 'x',
      description: 'X.',
      level: 1,
      routes: { a: { when: 'a', to: count } },
      checks: [count],
    })
    expect(ran).toBe(0)
  })

  it('69: makes two delegations of two parallel calls of one delegate', async () => {
    const seen: string[] = []
    const { result } = await tryTask(
      { level: 5, delegates: ['helper'] },
      [
        code(
          "const r = await Promise.all([helper({ task: 'a' }), helper({ task: 'b' })])\nfinalAnswer(r.map(({ output }) => output))",
        ),
      ],
      {
        agents: [HELPER],
        delegate: async ({ call, key, text }) => {
          seen.push(`${call} ${key}`)
          return { status: 'completed', output: text, usage: USAGE, artifacts: [] }
        },
      },
    )
    expect(result.output).toEqual(['a', 'b'])
    expect(seen).toEqual(['1.1 run-t1/1.1', '1.2 run-t1/1.2'])
  })

  it('gives a delegate half of what is left, and takes back what it does not use', async () => {
    const budgets: (number | undefined)[] = []
    await tryTask(
      { level: 4, delegates: ['helper'], budget: { tokens: 100_000 } },
      [call('helper', { task: 'a' }), call('helper', { task: 'b' }), final(1)],
      {
        agents: [HELPER],
        delegate: async ({ budget }) => {
          budgets.push(budget.tokens)
          return { status: 'completed', usage: USAGE, artifacts: [] }
        },
      },
    )
    expect(budgets[0]).toBe(Math.floor((100_000 - 15) / 2))
    expect(budgets[1]).toBe(Math.floor((100_000 - 15 - 10 - 15) / 2))
  })
})

describe('calls', () => {
  it('66: records each call made inside code: name, arguments, result, time', async () => {
    const { records } = await tryTask({ level: 5, tools: [double] }, [
      code('for (const n of [1, 2]) await double({ n })\nfinalAnswer(0)'),
    ])
    const started = records.filter(
      (record): record is RecordOf<'call.started'> => record.type === 'call.started',
    )
    const outcomes = records.filter(
      (record): record is RecordOf<'call.ended'> => record.type === 'call.ended',
    )
    expect(started.map((record) => [record.call, record.name, record.arguments])).toEqual([
      ['1.1', 'double', '{"n":1}'],
      ['1.2', 'double', '{"n":2}'],
    ])
    expect(outcomes.map(({ call, value, ms }) => [call, value, typeof ms])).toEqual([
      ['1.1', '2', 'number'],
      ['1.2', '4', 'number'],
    ])
  })

  it('67: keeps the other results if one call fails', async () => {
    const both = { calls: [-1, 3].map((n) => ({ name: 'double', arguments: { n } })) }
    const { requests } = await tryTask({ level: 3, tools: [double] }, [both, final(1)])
    expect(requests[1]?.messages.slice(-2).map(({ content }) => content)).toEqual([
      'Call 1.1 failed (error): double(<data>{"n":-1}</data>): <data>only positive numbers have a double here</data>',
      '<data>6</data>',
    ])
  })

  it.each([3, 5] as const)('68: cancels a running step at level %i', async (level) => {
    const stop = new AbortController()
    let reached: unknown
    const wait = defineTool({
      name: 'wait',
      description: 'Waits for ever.',
      input: z.object({}),
      effect: 'none',
      run: (_, { signal }) => {
        queueMicrotask(() => stop.abort(new Error('the user pressed Escape')))
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reached = signal.reason
            reject(reached)
          })
        })
      },
    })
    const reply = level === 5 ? code('await wait({})') : call('wait', {})
    const { result } = await tryTask({ level, tools: [wait] }, [reply], { signal: stop.signal })
    expect(result).toMatchObject({ status: 'canceled', error: { message: 'the user pressed Escape' } })
    expect(reached).toBeInstanceOf(Error)
  })

  it('fails the call, not the task, if a value cannot be sent', async () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    const odd = defineTool({
      name: 'odd',
      description: 'Odd.',
      input: z.object({}),
      effect: 'none',
      run: () => loop,
    })
    const trial = await tryTask({ level: 3, tools: [odd] }, [call('odd', {}), final(1)])
    expect(told(trial, 1)).toContain('contains itself')
    expect(trial.result.status).toBe('completed')
  })
})

describe('references', () => {
  const results = {
    t1: {
      status: 'completed',
      output: { mean: 5.125, day: '2012-07-05' },
      usage: USAGE,
      artifacts: [],
    } as TaskResult,
  }

  it('are filled in; retyped digits are fed back', async () => {
    const trial = await tryTask(
      { level: 0, references: true },
      [
        'The mean was 5.1.',
        'The mean was {{t1.output.average:1}}.',
        'In 2012 the mean was {{t1.output.mean:1}}.',
      ],
      { results, text: 'What was the mean in 2012?' },
    )
    expect(told(trial, 1)).toContain('5.1')
    expect(told(trial, 2)).toContain('does not resolve; t1.output has mean, day')
    expect(trial.result.output).toBe('In 2012 the mean was 5.1.')
  })
})

describe('observations in messages', () => {
  it('70: are folded when they are old, so that input does not grow with the square of the steps', async () => {
    const observe = defineTool({
      name: 'observe',
      description: 'A page.',
      input: z.object({ page: z.number() }),
      effect: 'none',
      run: ({ page }) => `page ${page} `.repeat(140).slice(0, 1000),
    })
    const steps = 50
    let step = 0
    const { requests } = await tryTask({ level: 5, tools: [observe], budget: { steps: steps + 1 } }, () => {
      step += 1
      return step > steps ? code('finalAnswer(1)') : code(`console.log(await observe({ page: ${step} }))`)
    })
    const sent = requests.map(({ messages }) => messages.map(({ content }) => content))
    const text = sent.map((contents) => contents.join('\n'))
    expect(text.at(-1)?.length).toBeLessThan(text[10] === undefined ? 0 : 3 * text[10].length)

    // Cost of a request: the part that its predecessor does not share, and a tenth of the shared prefix.
    const cost = (texts: string[]) =>
      texts.reduce((sum, next, index) => {
        const before = texts[index - 1] ?? ''
        let same = 0
        while (same < before.length && before[same] === next[same]) same += 1
        return sum + (next.length - same) + same / 10
      }, 0)
    const appended = (requests.at(-1)?.messages ?? []).map((message, index, all) => {
      const number = all.slice(0, index).filter(({ role }) => role === 'assistant').length
      return message.role === 'user' && index > 1
        ? `Observation:\nPrinted:\n${`page ${number} `.repeat(140).slice(0, 1000)}`
        : message.content
    })
    const everything = sent.map((contents) => appended.slice(0, contents.length).join('\n'))
    const ratio = cost(text) / cost(everything)
    expect(everything.at(-1)?.length).toBeGreaterThan(50_000)
    expect(ratio).toBeLessThanOrEqual(0.8)
    const folded = requests.at(-1)?.messages.find(({ content }) => content.includes('more characters'))
    expect(folded?.content).toContain('await observations[1]')
  })

  it('are shown whole at first, whatever their size', async () => {
    const { requests } = await tryTask({ level: 5 }, [
      code('console.log("x".repeat(15_000))'),
      code('finalAnswer(1)'),
    ])
    expect(requests[1]?.messages.at(-1)?.content).toContain('x'.repeat(15_000))
  })

  it('are folded and retried once if they exceed the model’s context; then the task fails', async () => {
    const window = 12_000
    const length = ({ messages }: ModelRequest) =>
      messages.reduce((sum, { content }) => sum + content.length, 0)
    const run = (text: string) =>
      tryTask(
        { level: 5 },
        (request) => {
          if (length(request) > window) throw new ModelError('model-context', 'the prompt does not fit')
          const done = request.messages.filter(({ role }) => role === 'assistant').length
          return done < 6 ? code(`console.log("${done}".repeat(2_000))`) : code('finalAnswer("done")')
        },
        { text },
      )
    const fits = await run('Print six times.')
    expect(fits.result).toMatchObject({ status: 'completed', output: 'done' })
    const refused = fits.requests.filter((request) => length(request) > window)
    expect(refused).toHaveLength(1)
    expect(fits.requests.every((request) => length(request) < 2 * window)).toBe(true)

    const never = await run(`Print six times. ${'And mind this. '.repeat(1_000)}`)
    expect(never.result).toMatchObject({ status: 'failed', error: { code: 'model-context' } })
    expect(never.requests).toHaveLength(2)
  })

  it('can be read whole by code after they were folded', async () => {
    const { result } = await tryTask({ level: 5 }, [
      code('console.log("x".repeat(900))'),
      code('finalAnswer((await observations[1]).length)'),
    ])
    expect(result.output).toBe('Printed:\n'.length + 900)
  })

  it('name the steps that have an observation if code reads one that does not exist', async () => {
    const { result } = await tryTask({ level: 5 }, [
      code('await observations[1].catch((error) => console.log(error.message))'),
      code('await observations[9].catch((error) => console.log(error.message))'),
      code('await observations[9].catch((error) => console.log(error.message))'),
      code('finalAnswer([await observations[1], await observations[2], await observations[3]])'),
    ])
    const [first, second, third] = result.output as string[]
    expect(first).toContain('there is no observation of step 1 yet; no step has one')
    expect(second).toContain('there is no observation of step 9 yet; step 1 has one')
    expect(third).toContain('there is no observation of step 9 yet; steps 1 to 2 have one')
  })
})

describe('a model as judge', () => {
  it('sends its verdict back, journals it, and does not ask again after a restart', async () => {
    const { judge } = await import('../answer/judge.ts')
    const script = (): ScriptedReply[] => ['too short', 'It names no source.', 'long, by Ada', 'PASS']
    const trial = await tryTask({ level: 0, checks: [judge('It names its source.')] }, script())
    expect(trial.result).toMatchObject({ output: 'long, by Ada', usage: { replies: 4 } })
    expect(told(trial, 2)).toContain('It names no source.')
    const judged =
      trial.records.findIndex((record) => record.type === 'step.replied' && record.purpose === 'judge') + 1
    const again = await tryTask({ level: 0, checks: [judge('It names its source.')] }, script().slice(2), {
      journal: memoryJournal(trial.records.slice(0, judged)),
    })
    expect(again.result.output).toBe('long, by Ada')
  })
})

describe('a check that asks two questions at once', () => {
  const options = {
    level: 0 as const,
    checks: [
      async (_: unknown, { ask }: AnswerContext) => {
        const [first, second] = await Promise.all([ask('first?'), ask('second?')])
        return first === 'one' && second === 'two' ? undefined : `${first} ${second}`
      },
    ],
  }

  it('gets the replies in the order of its questions, also after a restart', async () => {
    const whole = await tryTask(options, ['answer', 'one', 'two'])
    expect(whole.result).toMatchObject({ status: 'completed', output: 'answer' })
    const cut = whole.records.findLastIndex(({ type }) => type === 'step.replied')
    const journal = memoryJournal(whole.records.slice(0, cut))
    const again = await tryTask(options, ['two'], { journal })
    expect(again.result).toMatchObject({ status: 'completed', output: 'answer' })
    expect(JSON.stringify(again.requests)).toContain('second?')
  })

  it('cannot spend the same tokens twice', async () => {
    const inputTokens = 900
    const usage = { inputTokens, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0, replies: 1, cost: 0 }
    const script = ['answer', 'one', 'two'].map((text) => ({ text, usage }))
    const { result, requests } = await tryTask({ ...options, budget: { tokens: 1_802 } }, script)
    expect(requests).toHaveLength(2)
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
  })
})

describe('a truncated reply', () => {
  it.each([0, 2, 3] as const)('is not taken as an answer at level %i', async (level) => {
    const cut: Partial<ModelReply> = { text: 'The answer is', finish: 'length' }
    const trial = await tryTask({ level, ...(level > 1 && { tools: [double] }) }, [
      cut as ScriptedReply,
      level === 3 ? final('whole') : 'whole',
    ])
    expect(told(trial, 1)).toContain('cut at its length limit')
    expect(trial.result.output).toBe('whole')
  })
})
