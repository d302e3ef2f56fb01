import { type JournalRecord, NO_USAGE, type TaskResult } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { foldRun, type RunState, readyTasks } from '../state/run-state.ts'
import { review } from './review-run.ts'

const submitted: JournalRecord = {
  type: 'run.submitted',
  at: 0,
  run: 'r1',
  text: 'x',
  inputs: [],
  strategy: 'plan',
  owner: 'user',
  budget: {},
}
const task = (name: string, ...after: string[]) => ({ name, agent: 'a', text: 'x', after, inputs: [] })
const planned: JournalRecord = {
  type: 'run.planned',
  at: 0,
  tasks: [task('t1'), task('t2', 't1'), task('t3')],
}
const sent = (name: string, attempt = 1, agent = 'a'): JournalRecord => ({
  type: 'task.dispatched',
  at: 0,
  name,
  task: `r1-${name}-${attempt}`,
  agent,
  attempt,
})
const routed = (name: string, agent: string, attempt = 1): JournalRecord => ({
  type: 'task.returned',
  at: 0,
  name,
  task: `r1-${name}-${attempt}`,
  status: 'completed',
  output: { route: 'x', agent },
  usage: NO_USAGE,
  artifacts: [],
})
const back = (name: string, status: TaskResult['status'], code = 'x', attempt = 1): JournalRecord => ({
  type: 'task.returned',
  at: 0,
  name,
  task: `r1-${name}-${attempt}`,
  status,
  usage: NO_USAGE,
  artifacts: [],
  ...(status === 'completed' ? {} : { error: { code, message: 'went wrong' } }),
})
function stateOf(...records: JournalRecord[]): RunState {
  const state = foldRun([submitted, planned, ...records], (agent) => agent === 'router')
  if (state === undefined) throw new Error('no state')
  return state
}

describe('readyTasks', () => {
  const names = (...records: JournalRecord[]) => readyTasks(stateOf(...records)).map(({ name }) => name)

  it('are the tasks whose dependencies are done, even if others are open', () => {
    expect(names()).toEqual(['t1', 't3'])
    expect(names(sent('t1'), sent('t3'))).toEqual([])
    expect(names(sent('t1'), sent('t3'), back('t1', 'completed'))).toEqual(['t2'])
    expect(names(sent('t1'), sent('t3'), back('t1', 'failed'))).toEqual([])
  })
})

describe('review', () => {
  const limits = { attempts: 2, replans: 1 }
  const kinds = (...records: JournalRecord[]) => review(stateOf(...records), limits).map(({ kind }) => kind)

  it('decides nothing while no task has failed', () => {
    expect(kinds(sent('t1'), back('t1', 'completed'), sent('t3'))).toEqual([])
  })

  it('retries a failed task, then changes the plan, then gives the task up', () => {
    const first = [sent('t1'), back('t1', 'failed')]
    expect(kinds(...first)).toEqual(['retry'])
    const second = [...first, sent('t1', 2)]
    expect(kinds(...second)).toEqual([])
    const third = [...second, back('t1', 'failed', 'x', 2)]
    expect(kinds(...third)).toEqual(['replan'])
    expect(kinds(...third, planned)).toEqual(['give-up'])
  })

  it('routes a task to the agent that a router chose, unless that agent had it before', () => {
    const chosen = [sent('t1', 1, 'router'), routed('t1', 'legal')]
    expect(review(stateOf(...chosen), limits)).toMatchObject([
      { kind: 'route', attempt: 2, task: { name: 't1', agent: 'legal' } },
    ])
    expect(readyTasks(stateOf(...chosen)).map(({ name }) => name)).toEqual(['t3'])
    expect(kinds(...chosen, sent('t1', 2, 'legal'))).toEqual([])
    expect(kinds(sent('t1', 1, 'router'), routed('t1', 'router'))).toEqual(['give-up'])
    // Only a router's result is a route: another agent may return a similar value.
    expect(kinds(sent('t1', 1, 'a'), routed('t1', 'legal'))).toEqual([])
  })

  it('does not retry permanent errors', () => {
    expect(kinds(sent('t1'), back('t1', 'exhausted'))).toEqual(['replan'])
    expect(kinds(sent('t1'), back('t1', 'failed', 'refused'))).toEqual(['replan'])
    expect(kinds(sent('t1'), back('t1', 'failed', 'model-auth'))).toEqual(['give-up'])
  })
})
