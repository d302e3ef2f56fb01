import type { EventEntry } from '@bailiwick/bus'
import { NO_USAGE } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { logLine } from './log-line.ts'
import { addToPicture, emptyPicture, type RunPicture } from './run-picture.ts'
import { treeLines } from './tree.ts'

const usage = { ...NO_USAGE, inputTokens: 900, outputTokens: 100, cost: null }
const text = { bytes: 1, sha256: 'x' }
const timing = { firstMs: 1, totalMs: 2 }
const planned = (name: string, after: string[]) => ({ name, agent: 'analyst', after, inputs: [] })
const created = (task: string, agent: string, name: string, asking?: string) => ({
  task,
  agent,
  name,
  text,
  inputs: [],
  depth: asking === undefined ? 0 : 1,
  grant: { level: 3 as const, tools: [], delegates: [], imports: [] },
  ...(asking !== undefined && { parent: { agent: 'analyst', task: asking, call: '1.1' } }),
})

/** What happens, as `[task, event]`. */
const STORY: [string, EventEntry][] = [
  ['run', { type: 'run.submitted', at: 0, strategy: 'plan', owner: 'user', text, inputs: [] }],
  ['run', { type: 'run.planned', at: 1_000, tasks: [planned('t1', []), planned('t2', ['t1'])] }],
  ['r-t1', { type: 'task.created', at: 1_000, ...created('r-t1', 'analyst', 't1') }],
  ['r-t1', { type: 'task.started', at: 2_000, attempt: 1, host: 'h1' }],
  [
    'r-t1',
    {
      type: 'step.replied',
      at: 3_000,
      step: 1,
      purpose: 'act',
      model: 'm',
      finish: 'calls',
      calls: 1,
      usage,
      timing,
      text,
    },
  ],
  ['r-t1', { type: 'step.started', at: 3_000, step: 1, code: text, functions: [] }],
  [
    'r-t1',
    {
      type: 'call.started',
      at: 3_000,
      step: 1,
      call: '1.1',
      name: 'scout',
      effect: 'idempotent',
      arguments: text,
    },
  ],
  ['r-d1', { type: 'task.created', at: 4_000, ...created('r-d1', 'scout', 't1/1.1', 'r-t1') }],
  ['r-d1', { type: 'task.started', at: 4_000, attempt: 2, host: 'h2' }],
]

const ASKED: EventEntry = {
  type: 'call.asked',
  at: 5_000,
  step: 1,
  call: '1.1',
  name: 'sendMail',
  arguments: text,
}
const DECIDED: EventEntry = {
  type: 'run.decided',
  at: 6_000,
  task: 'r-t1',
  call: '1.1',
  decision: 'approve',
  by: 'user',
}

function tell(picture: RunPicture, story: typeof STORY): string[] {
  return story.flatMap(([task, entry]) => {
    addToPicture(picture, task, entry)
    return logLine(picture, task, entry) ?? []
  })
}

describe('a run on the screen', () => {
  it('shows the tasks as a tree with step, tokens and time', () => {
    const picture = emptyPicture('r')
    tell(picture, STORY)
    expect(treeLines(picture, 6_000, 100)).toEqual([
      '● run r             working  6.0 s  1.0k tokens  cost unknown',
      '  ● t1 analyst      working  step 1  scout  1.0k tokens  4.0 s',
      '    ● t1/1.1 scout  working  thinking  2.0 s  attempt 2',
      '  ○ t2 analyst      waiting for t1',
    ])
    for (const line of treeLines(picture, 6_000, 30)) expect(line.length).toBeLessThanOrEqual(30)
  })

  it('says how to approve a waiting call, also on a narrow terminal', () => {
    const picture = emptyPicture('rabcdefghijkl')
    tell(picture, [...STORY, ['r-t1', ASKED]])
    const lines = treeLines(picture, 6_000, 40)
    expect(lines.at(-1)).toBe('bailiwick approve rabcdefghijkl (or rej')
    expect(treeLines(picture, 6_000, 100)).toContainEqual(
      expect.stringContaining('waiting for approval of sendMail'),
    )
  })

  it('no longer says that a call waits when a person has decided on it, before a host knows', () => {
    const picture = emptyPicture('r')
    tell(picture, [...STORY, ['r-t1', ASKED], ['run', DECIDED]])
    expect(picture.tasks.get('r-t1')).toMatchObject({ asked: [], status: 'working' })
    const lines = treeLines(picture, 6_000, 100).join('\n')
    expect(lines).not.toMatch(/approv|input-required/)
  })

  it('says that a question is over, and that a decision came too late', () => {
    const over = 'call 1.1 needs no decision any more, because its step has ended'
    const late = 'the decision on call 1.1 came too late, because its step had ended'
    const withdrawn = { type: 'call.withdrawn', at: 7_000, step: 1, call: '1.1' } as const
    expect(tell(emptyPicture('r'), [...STORY, ['r-t1', ASKED], ['r-t1', withdrawn]]).at(-1)).toBe(
      `t1 (analyst) ${over}`,
    )
    for (const events of [
      [['run', DECIDED] as const, ['r-t1', withdrawn] as const],
      [['r-t1', withdrawn] as const, ['run', DECIDED] as const],
    ]) {
      const lines = tell(emptyPicture('r'), [
        ...STORY,
        ['r-t1', ASKED],
        ...events.map((one): (typeof STORY)[0] => [...one]),
      ])
      expect(lines.at(-1)).toBe(`t1 (analyst) ${late}`)
    }
  })

  it('prints a line per important event if there is no terminal', () => {
    expect(tell(emptyPicture('r'), STORY)).toEqual([
      'run r submitted',
      'plan: t1 analyst; t2 analyst after t1',
      't1 (analyst) started',
      't1 (analyst) step 1: code',
      't1 (analyst) step 1: scout',
      't1/1.1 (scout) restarted, attempt 2',
    ])
  })
})
