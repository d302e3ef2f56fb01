import type { CloudEvent } from '@bailiwick/bus'
import { describe, expect, it } from 'vitest'
import { plainLine } from './plain-lines.ts'
import { applyEvent, emptyRun } from './run-model.ts'
import { treeLines } from './tree.ts'

const usage = { inputTokens: 900, outputTokens: 100, cost: null }

/** What happens, as `[second, name, task, data]`. */
const STORY: [number, string, string, CloudEvent['data']][] = [
  [0, 'run.submitted', 'run', {}],
  [
    1,
    'run.planned',
    'run',
    {
      tasks: [
        { name: 't1', agent: 'analyst', after: [] },
        { name: 't2', agent: 'analyst', after: ['t1'] },
      ],
    },
  ],
  [1, 'task.created', 'r-t1', { name: 't1' }],
  [2, 'task.started', 'r-t1', { attempt: 1 }],
  [3, 'step.replied', 'r-t1', { step: 1, usage }],
  [3, 'call.started', 'r-t1', { step: 1, name: 'scout' }],
  [4, 'task.created', 'r-d1', { name: 't1/1.1', parent: { task: 'r-t1' } }],
  [4, 'task.started', 'r-d1', { attempt: 2 }],
]

function tell(shown: ReturnType<typeof emptyRun>, story: typeof STORY): string[] {
  return story.flatMap(([second, name, task, data], index) => {
    const event: CloudEvent = {
      specversion: '1.0',
      id: String(index),
      source: '/bailiwick/x',
      type: `dev.bailiwick.${name}.v1`,
      subject: `r/${task}`,
      time: new Date(second * 1_000).toISOString(),
      datacontenttype: 'application/json',
      run: 'r',
      task,
      agent: task === 'r-d1' ? 'scout' : 'analyst',
      data,
    }
    applyEvent(shown, name, event)
    return plainLine(shown, name, event) ?? []
  })
}

describe('a run on the screen', () => {
  it('is a tree of who does what, with step, tokens and time', () => {
    const shown = emptyRun('r')
    tell(shown, STORY)
    expect(treeLines(shown, 6_000, 100)).toEqual([
      '● run r             working  6.0 s  1.0k tokens  cost unknown',
      '  ● t1 analyst      working  step 1  scout  1.0k tokens  4.0 s',
      '    ● t1/1.1 scout  working  thinking  2.0 s  taken up 2 times',
      '  ○ t2 analyst      waits for t1',
    ])
    for (const line of treeLines(shown, 6_000, 30)) expect(line.length).toBeLessThanOrEqual(30)
  })

  it('is a line for each thing of interest where it is no terminal', () => {
    expect(tell(emptyRun('r'), STORY)).toEqual([
      'run r submitted',
      'plan: t1 analyst; t2 analyst after t1',
      't1 (analyst) started',
      't1 (analyst) step 1: scout',
      't1/1.1 (scout) taken up again',
    ])
  })
})
