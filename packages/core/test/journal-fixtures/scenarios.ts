import {
  type AgentDefinition,
  type ArtifactRef,
  type Decision,
  NO_USAGE,
  type TaskResult,
  type TaskSpec,
  type Tool,
} from '@bailiwick/contract'
import { defineTool, judge } from '@bailiwick/core'
import type { ScriptedReply } from '@bailiwick/core/testing'
import { z } from 'zod'

/** One task, and how its journal comes about. */
export interface Scenario {
  /** The level and what happens: the name of the fixture. */
  name: string
  agent: Omit<AgentDefinition, 'name' | 'description'>
  /** The model's replies, in order. */
  replies: ScriptedReply[]
  spec?: Partial<TaskSpec>
  /** The decision on calls that need approval. If absent, such calls are refused. */
  decision?: Decision
  /** Results of delegates, by name. */
  delegates?: Record<string, Partial<TaskResult>>
  /** How each attempt ends, in order. Default: one attempt that ends the task. */
  attempts?: AttemptEnd[]
  /** A change of the records before the last attempt, or after it. */
  change?: Change
  /**
   * Whether a task that is resumed from any prefix ends like the recorded one. False if the end depends on when
   * something happened outside of the task.
   */
  sameEnd?: false
}

/** How an attempt ends. */
export type AttemptEnd =
  /** The process dies when this many records of this type are durable. */
  | { kind: 'crash'; type: string; count?: number }
  /** The tool `wait` is called, and then the process dies, suspends the task, or cancels it. */
  | { kind: 'crash' | 'suspend' | 'cancel'; during: 'wait' }
  /** The task ends. */
  | { kind: 'end' }

type Change = 'alter-code' | 'damage-checkpoint' | 'fork' | 'continue' | 'hosts-died' | 'queue-full'

const population = defineTool({
  name: 'population',
  description: 'Inhabitants of a country, in millions.',
  input: z.object({ country: z.string() }),
  output: z.number(),
  effect: 'none',
  run: ({ country }) => {
    const found = { Iceland: 0.4, Norway: 5.6 }[country]
    if (found === undefined) throw new Error(`there is no country "${country}"`)
    return found
  },
})
const save = defineTool({
  name: 'save',
  description: 'Saves a line.',
  input: z.object({ line: z.string() }),
  effect: 'idempotent',
  run: ({ line }) => ({ saved: line.length }),
})
const send = defineTool({
  name: 'send',
  description: 'Sends a message.',
  input: z.object({ to: z.string() }),
  effect: 'once',
  run: ({ to }) => new Promise((resolve) => setImmediate(() => resolve(`sent to ${to}`))),
})
const wait = defineTool({
  name: 'wait',
  description: 'Waits for something outside.',
  input: z.object({}),
  effect: 'none',
  run: () => 'waited',
})
const values = defineTool({
  name: 'values',
  description: 'A value of every type.',
  input: z.object({}),
  effect: 'none',
  run: () => ({
    date: new Date(Date.UTC(2026, 0, 2)),
    map: new Map([['a', new Set([1, 2])]]),
    big: 12345678901234567890n,
    bytes: new Uint8Array([0, 127, 255]),
    floats: new Float64Array([0.5, -0]),
    nested: { missing: undefined, none: null, infinite: Number.POSITIVE_INFINITY },
  }),
})
const CHART: ArtifactRef = {
  writer: 'toolbox',
  key: 'r1/chart.svg',
  name: 'chart.svg',
  mediaType: 'image/svg+xml',
  size: 512,
  sha256: 'ab'.repeat(32),
}
const draw = defineTool({
  name: 'draw',
  description: 'Draws a chart.',
  input: z.object({ title: z.string() }),
  effect: 'idempotent',
  run: () => CHART,
})

export const TOOLS: readonly Tool[] = [population, save, send, wait, values, draw]

const code = (source: string) => `I go on.\n<code>\n${source}\n</code>`
const calls = (...list: [name: string, args: unknown][]): ScriptedReply => ({
  calls: list.map(([name, args]) => ({ name, arguments: args })),
})
const final = (answer: unknown) => calls(['finalAnswer', { answer }])
const ask = (country: string): [string, unknown] => ['population', { country }]

const helper: AgentDefinition = { name: 'helper', description: 'Counts words.', level: 0 }
const HELPED: Partial<TaskResult> = {
  status: 'completed',
  output: 17,
  usage: { ...NO_USAGE, inputTokens: 40, outputTokens: 8, replies: 1, cost: 0.002 },
}
const number = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }

const LEVEL_0: Scenario[] = [
  { name: '0-completed', agent: { level: 0 }, replies: ['Oslo.'] },
  {
    name: '0-repaired',
    agent: { level: 0, output: number },
    replies: ['five', '{"n": "five"}', '{"n": 5}'],
  },
  { name: '0-failed', agent: { level: 0, output: number }, replies: ['a', 'b', 'c'] },
  { name: '0-refused-call', agent: { level: 0 }, replies: [calls(ask('Norway')), 'I cannot look it up.'] },
  {
    name: '0-judged',
    agent: { level: 0, checks: [judge('It names a source.')] },
    replies: ['5.6 million.', 'It names no source.', '5.6 million (SSB).', 'PASS'],
  },
  {
    name: '0-references',
    agent: { level: 0, references: true },
    replies: ['It was 5.1 mm.', 'It was {{t1.output.mean:1}} mm.'],
    spec: {
      results: { t1: { status: 'completed', output: { mean: 5.125 }, usage: NO_USAGE, artifacts: [] } },
    },
  },
  {
    name: '0-thinking',
    agent: { level: 0 },
    replies: [
      {
        text: '<think>Which one?</think>Oslo.',
        thinking: 'A capital.',
        usage: {
          inputTokens: 900,
          cachedTokens: 800,
          outputTokens: 30,
          reasoningTokens: 20,
          replies: 1,
          cost: null,
        },
      },
    ],
  },
  {
    name: '0-queue-full',
    agent: { level: 0 },
    replies: ['Oslo.'],
    attempts: [],
    change: 'queue-full',
    sameEnd: false,
  },
]

const LEVEL_1: Scenario[] = [
  {
    name: '1-completed',
    agent: { level: 1, routes: { small: { when: 'It is small.', to: { answer: 'small' } } } },
    replies: ['{"route": "small"}'],
  },
  {
    name: '1-routed-to-agent',
    agent: { level: 1, routes: { legal: { when: 'It is about law.', to: { agent: 'lawyer' } } } },
    replies: ['{"route": "law"}', 'legal'],
  },
  {
    name: '1-default-route',
    agent: {
      level: 1,
      routes: { send: { when: 'Never.', to: send }, other: { when: 'Otherwise.', to: { answer: 'other' } } },
      defaultRoute: 'other',
    },
    replies: ['no', 'none', 'nothing'],
  },
  {
    name: '1-routed-to-tool',
    agent: { level: 1, routes: { send: { when: 'Always.', to: send } } },
    replies: ['send'],
  },
]

const LEVEL_2: Scenario[] = [
  {
    name: '2-completed',
    agent: { level: 2, tools: [population] },
    replies: [calls(ask('Norway'), ask('Iceland'), ask('Utopia')), 'Together 6 million.'],
  },
  {
    name: '2-second-round-refused',
    agent: { level: 2, tools: [population] },
    replies: [calls(ask('Norway')), calls(ask('Iceland')), '5.6 million.'],
  },
  {
    name: '2-wrong-arguments',
    agent: { level: 2, tools: [population, draw] },
    replies: [calls(['population', { land: 'Norway' }], ['draw', '{"title": "x"}']), 'Done.'],
  },
]

const LEVEL_3: Scenario[] = [
  {
    name: '3-completed',
    agent: { level: 3, tools: [population, save] },
    replies: [calls(ask('Norway'), ask('Iceland')), calls(['save', { line: '6' }]), final('6 million')],
  },
  {
    name: '3-planned',
    agent: { level: 3, tools: [population], planEvery: 2 },
    replies: [
      '1. Ask for both.',
      calls(ask('Norway')),
      calls(ask('Iceland')),
      '<think>Hm.</think>1. Answer.',
      final(6),
    ],
  },
  {
    name: '3-exhausted-steps',
    agent: { level: 3, tools: [population], budget: { steps: 2 } },
    replies: [calls(ask('Norway')), calls(ask('Iceland')), 'Norway has 5.6 million, Iceland is missing.'],
  },
  {
    name: '3-exhausted-tokens',
    agent: { level: 3, tools: [population], budget: { tokens: 1_000 } },
    replies: [calls(ask('Norway')), calls(ask('Iceland')), final(6)],
  },
  {
    name: '3-exhausted-calls',
    agent: { level: 3, tools: [population], budget: { calls: 1 } },
    replies: [calls(ask('Norway')), calls(ask('Iceland')), final('5.6 million, without Iceland')],
  },
  {
    name: '3-approved',
    agent: { level: 3, tools: [send], approval: 'risky' },
    replies: [calls(['send', { to: 'Ada' }]), final('sent')],
    decision: { decision: 'approve' },
  },
  {
    name: '3-rejected',
    agent: { level: 3, tools: [send], approval: 'risky' },
    replies: [calls(['send', { to: 'Bo' }]), final('not sent')],
    decision: { decision: 'reject', reason: 'Bo is on leave.' },
  },
  {
    name: '3-waits-for-decision',
    agent: { level: 3, tools: [send], approval: 'always' },
    replies: [calls(['send', { to: 'Ada' }]), final('sent')],
    attempts: [{ kind: 'crash', type: 'call.asked' }],
    decision: { decision: 'approve' },
    sameEnd: false,
  },
  {
    name: '3-nobody-decides',
    agent: { level: 3, tools: [send], approval: 'always' },
    replies: [calls(['send', { to: 'Ada' }]), final('not sent')],
  },
  {
    name: '3-canceled',
    agent: { level: 3, tools: [wait] },
    replies: [calls(['wait', {}]), final('waited')],
    attempts: [{ kind: 'cancel', during: 'wait' }],
    sameEnd: false,
  },
  {
    name: '3-model-failed',
    agent: { level: 3, tools: [population] },
    replies: [calls(ask('Norway'))],
    sameEnd: false,
  },
  {
    name: '3-resumed',
    agent: { level: 3, tools: [population, save] },
    replies: [calls(ask('Norway')), calls(['save', { line: '5.6' }]), final(5.6)],
    attempts: [
      { kind: 'crash', type: 'step.ended' },
      { kind: 'crash', type: 'call.started' },
      { kind: 'end' },
    ],
  },
  {
    name: '3-outcome-unknown',
    agent: { level: 3, tools: [send] },
    replies: [calls(['send', { to: 'Ada' }]), final('unclear')],
    attempts: [{ kind: 'crash', type: 'call.started' }, { kind: 'end' }],
  },
  {
    name: '3-suspended',
    agent: { level: 3, tools: [population, wait] },
    replies: [calls(ask('Norway'), ['wait', {}]), final(5.6)],
    attempts: [{ kind: 'suspend', during: 'wait' }, { kind: 'end' }],
  },
  {
    name: '3-continued',
    agent: { level: 3, tools: [population] },
    replies: [calls(ask('Norway')), final(5.6), calls(ask('Iceland')), final(6)],
    attempts: [{ kind: 'end' }, { kind: 'end' }],
    change: 'continue',
  },
  {
    name: '3-repeated-call',
    agent: { level: 3, tools: [population] },
    replies: [calls(ask('Norway')), calls(ask('Norway')), calls(ask('Norway')), final(5.6)],
  },
  {
    name: '3-searches-tools',
    agent: {
      level: 3,
      tools: [
        population,
        ...Array.from({ length: 30 }, (_, n) => ({ ...wait, name: `wait${n}`, description: 'Waits.' })),
      ],
    },
    replies: [calls(['searchTools', { words: 'country inhabitants' }]), calls(ask('Norway')), final(5.6)],
  },
  {
    name: '3-hosts-died',
    agent: { level: 3, tools: [population] },
    replies: [calls(ask('Norway')), final(5.6)],
    attempts: Array.from({ length: 5 }, () => ({ kind: 'crash', type: 'task.started' }) as const),
    change: 'hosts-died',
    sameEnd: false,
  },
]

const LEVEL_4: Scenario[] = [
  {
    name: '4-completed',
    agent: { level: 4, tools: [population], delegates: [helper] },
    replies: [calls(['helper', { task: 'Count.', inputs: { text: 'a b' } }], ask('Norway')), final(17)],
    delegates: { helper: HELPED },
  },
  {
    name: '4-delegate-failed',
    agent: { level: 4, delegates: [helper], budget: { tokens: 100_000, cost: 1 } },
    replies: [calls(['helper', { task: 'Count.' }]), final('no count')],
    delegates: {
      helper: {
        ...HELPED,
        status: 'failed',
        output: undefined,
        error: { code: 'model-auth', message: 'The key is not valid.' },
      },
    },
  },
  {
    name: '4-delegate-exhausted',
    agent: { level: 4, delegates: [helper] },
    replies: [calls(['helper', { task: 'Count.' }], ['helper', { task: 'Count more.' }]), final('about 17')],
    delegates: {
      helper: {
        ...HELPED,
        status: 'exhausted',
        output: 'about 17',
        error: { code: 'exhausted', message: 'No step is left.', limit: 'steps' },
        artifacts: [CHART],
      },
    },
  },
  {
    name: '4-resumed-in-delegation',
    agent: { level: 4, delegates: [helper] },
    replies: [calls(['helper', { task: 'Count.' }]), final(17)],
    delegates: { helper: HELPED },
    attempts: [{ kind: 'crash', type: 'call.started' }, { kind: 'end' }],
  },
]

const STEPS = [
  code("const norway = await population({ country: 'Norway' }); console.log('Norway', norway)"),
  code(
    'class Sum { #n = 0; add(n) { this.#n += n; return this.#n } }; const sum = new Sum(); sum.add(norway)',
  ),
  code("const drawn = [Math.random() < 1, Date.now() > 0]; await save({ line: 'x' }); drawn"),
  code("finalAnswer(sum.add(await population({ country: 'Iceland' })))"),
]
const PLAIN = [
  code("let rows = [await population({ country: 'Norway' })]"),
  code('rows.push(rows[0] * 2); rows.length'),
  code("rows.push((await save({ line: 'x' })).saved)"),
  code('finalAnswer(rows)'),
]

const LEVEL_5: Scenario[] = [
  { name: '5-completed', agent: { level: 5, tools: [population, save] }, replies: STEPS },
  {
    name: '5-values',
    agent: { level: 5, tools: [values] },
    replies: [
      code(
        'const all = await values({}); [all.date.getUTCFullYear(), all.map.get("a").size, typeof all.big]',
      ),
      code(
        'const more = [all.big + 1n, new Date(0), undefined, /x/g]; finalAnswer([table.length, results.t1.output.mean, String(more[0])])',
      ),
    ],
    spec: {
      inputs: [
        { name: 'table', description: 'table: list of 2 (object)', value: [{ a: 1 }, { a: 2 }] },
        { name: 'file', description: 'file: text/csv', artifact: CHART },
      ],
      results: { t1: { status: 'completed', output: { mean: 5.125 }, usage: NO_USAGE, artifacts: [CHART] } },
    },
  },
  {
    name: '5-errors',
    agent: { level: 5, tools: [population] },
    replies: [
      'I think about it.',
      code('def f(x):\n    return x'),
      code('const a = ;'),
      code('const b = 1; missing.field'),
      code("await population({ country: 'Utopia' })"),
      `${code('b')}\nObservation: 1`,
      code('finalAnswer(b)'),
    ],
  },
  {
    name: '5-unawaited',
    agent: { level: 5, tools: [population, send] },
    replies: [
      code("population({ country: 'Norway' }); 1"),
      code("send({ to: 'Ada' }); finalAnswer('early')"),
    ],
  },
  {
    name: '5-timers',
    agent: { level: 5, tools: [population] },
    replies: [
      code(
        "const order = []; setTimeout(() => order.push('timer'), 5); await sleep(10); order.push('slept'); order",
      ),
      code('finalAnswer(order)'),
    ],
  },
  {
    name: '5-reads-observations',
    agent: { level: 5 },
    replies: [
      ...Array.from({ length: 5 }, (_, n) => code(`console.log('page ${n} '.repeat(500))`)),
      code('finalAnswer((await observations[1]).includes("page 0"))'),
    ],
  },
  {
    name: '5-checkpointed',
    agent: { level: 5, tools: [population, save], limits: { checkpointCpuMs: 0 } },
    replies: PLAIN,
    attempts: [{ kind: 'crash', type: 'step.checkpointed', count: 2 }, { kind: 'end' }],
  },
  {
    name: '5-checkpoint-refused',
    agent: { level: 5, tools: [population, save], limits: { checkpointCpuMs: 0 } },
    replies: PLAIN,
    attempts: [{ kind: 'crash', type: 'step.checkpointed', count: 2 }, { kind: 'end' }],
    change: 'damage-checkpoint',
  },
  {
    name: '5-crashed',
    agent: { level: 5, tools: [population, save] },
    replies: STEPS,
    attempts: [{ kind: 'crash', type: 'turn.committed', count: 4 }],
    sameEnd: false,
  },
  {
    name: '5-resumed',
    agent: { level: 5, tools: [population, save] },
    replies: STEPS,
    attempts: [{ kind: 'crash', type: 'call.ended', count: 2 }, { kind: 'end' }],
  },
  {
    name: '5-turn-crashed',
    agent: { level: 5, tools: [population, save] },
    replies: [
      STEPS[0] ?? '',
      code("await save({ line: 'y' }); let lost = 1"),
      code('finalAnswer(typeof lost)'),
    ],
    attempts: [
      { kind: 'crash', type: 'call.ended', count: 2 },
      { kind: 'crash', type: 'turn.restarted' },
      { kind: 'end' },
    ],
    sameEnd: false,
  },
  {
    name: '5-timeout',
    agent: { level: 5, tools: [population], limits: { cpuMs: 200 } },
    replies: [
      code("let n = await population({ country: 'Norway' }); n"),
      code("n += await population({ country: 'Iceland' }); for (;;);"),
      code('finalAnswer(n)'),
    ],
  },
  {
    name: '5-out-of-memory',
    agent: { level: 5, tools: [population], limits: { memoryMb: 24 } },
    replies: [
      code("let n = await population({ country: 'Norway' }); n"),
      code('const bomb = []; for (;;) bomb.push(new Array(1_000_000).fill(n))'),
      code('finalAnswer([n, typeof bomb])'),
    ],
  },
  {
    name: '5-canceled',
    agent: { level: 5, tools: [population, wait] },
    replies: [STEPS[0] ?? '', code('try { await wait({}) } finally { console.log("stopped") }')],
    attempts: [{ kind: 'cancel', during: 'wait' }],
    sameEnd: false,
  },
  {
    name: '5-suspended',
    agent: { level: 5, tools: [population, wait] },
    replies: [STEPS[0] ?? '', code('const seen = await wait({}); seen'), code('finalAnswer([norway, seen])')],
    attempts: [{ kind: 'suspend', during: 'wait' }, { kind: 'end' }],
  },
  {
    name: '5-diverged',
    agent: { level: 5, tools: [population, save] },
    replies: [STEPS[0] ?? '', STEPS[1] ?? '', code('norway'), code('finalAnswer(typeof norway)')],
    attempts: [{ kind: 'crash', type: 'step.ended', count: 2 }, { kind: 'end' }],
    change: 'alter-code',
    sameEnd: false,
  },
  {
    name: '5-forked',
    agent: { level: 5, tools: [population, save] },
    replies: [...STEPS, code('finalAnswer([norway, Math.random() < 1])')],
    attempts: [{ kind: 'end' }, { kind: 'end' }],
    change: 'fork',
  },
  {
    name: '5-continued',
    agent: { level: 5, tools: [population] },
    replies: [code('let total = 40; finalAnswer(total)'), code('total += more; finalAnswer(total)')],
    attempts: [{ kind: 'end' }, { kind: 'end' }],
    change: 'continue',
  },
  {
    name: '5-approved',
    agent: { level: 5, tools: [population, send], approval: 'risky' },
    replies: [code("const sent = await send({ to: 'Ada' }); finalAnswer(sent)")],
    decision: { decision: 'approve', reason: 'Ada expects it.' },
  },
  {
    name: '5-rejected',
    agent: { level: 5, tools: [population, send], approval: 'always' },
    replies: [
      code("await send({ to: 'Bo' })"),
      code("finalAnswer(await send({ to: 'Bo' }).catch((error) => error.message))"),
    ],
    decision: { decision: 'reject' },
  },
  {
    name: '5-outcome-unknown',
    agent: { level: 5, tools: [send] },
    replies: [
      code(
        "let sent; try { sent = await send({ to: 'Ada' }) } catch (e) { sent = e.message }; finalAnswer(sent)",
      ),
    ],
    attempts: [{ kind: 'crash', type: 'call.started' }, { kind: 'end' }],
  },
  {
    name: '5-delegated',
    agent: { level: 5, tools: [population], delegates: [helper] },
    replies: [
      code(
        "const [a, b] = await Promise.all([helper({ task: 'Count.' }), helper({ task: 'Again.', inputs: { n: 1n } })]); [a.status, b.output]",
      ),
      code('finalAnswer(a.output + b.output)'),
    ],
    delegates: { helper: HELPED },
    attempts: [{ kind: 'crash', type: 'call.ended' }, { kind: 'end' }],
  },
  {
    name: '5-exhausted',
    agent: { level: 5, tools: [population], budget: { steps: 2 } },
    replies: [code('1'), code('2'), 'I got as far as 2.'],
  },
  {
    name: '5-planned-and-judged',
    agent: { level: 5, tools: [population], planEvery: 3, checks: [judge('It is a number.')] },
    replies: [
      '1. Ask. 2. Answer.',
      code("const n = await population({ country: 'Norway' }); finalAnswer('many')"),
      'It is not a number.',
      code('finalAnswer(n)'),
      'PASS',
    ],
  },
]

export const SCENARIOS: readonly Scenario[] = [
  ...LEVEL_0,
  ...LEVEL_1,
  ...LEVEL_2,
  ...LEVEL_3,
  ...LEVEL_4,
  ...LEVEL_5,
]
