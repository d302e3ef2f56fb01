import { type JournalRecord, NO_USAGE, type RecordOf } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { foldRunView, runStatus } from './run-view.ts'
import { foldTaskView, ownUsage, type TaskView } from './task-view.ts'
import { applyRecord, foldTaskWorld, totalUsage } from './task-world.ts'

const created: RecordOf<'task.created'> = {
  type: 'task.created',
  at: 1,
  run: 'r1',
  owner: 'user',
  task: 'r1-t1',
  agent: 'a',
  name: 't1',
  text: 'x',
  inputs: [],
  results: {},
  seed: 's',
  depth: 0,
  grant: {
    level: 4,
    tools: [],
    delegates: [{ name: 'scout', description: 'x', level: 3 }],
    imports: [],
    budget: {},
    approval: 'never',
  },
}
const started = (attempt: number, host: string): JournalRecord => ({
  type: 'task.started',
  at: 10 * attempt,
  attempt,
  host,
  level: 4,
  engine: { node: '26', v8: '14', bailiwick: '1' },
})
const replied = (step: number, inputTokens: number): JournalRecord => ({
  type: 'step.replied',
  at: 20,
  step,
  purpose: 'act',
  text: 'x',
  calls: [],
  finish: 'stop',
  model: 'm',
  timing: { firstMs: 1, totalMs: 2 },
  usage: { ...NO_USAGE, inputTokens, replies: 1 },
})
const called = (call: string): JournalRecord => ({
  type: 'call.started',
  at: 30,
  step: 1,
  turn: 0,
  call,
  name: 'scout',
  arguments: '{}',
  effect: 'idempotent',
  key: `r1-t1/${call}`,
})
const asked = (call: string): JournalRecord => ({
  type: 'call.asked',
  at: 30,
  step: 1,
  call,
  name: 'send',
  arguments: '{"to":"Ada"}',
})
const decided = (call: string): JournalRecord => ({
  type: 'call.decided',
  at: 40,
  call,
  decision: 'approve',
  by: 'user',
})
const withdrawn = (call: string): JournalRecord => ({ type: 'call.withdrawn', at: 45, step: 1, call })
const waiting = (...calls: string[]): JournalRecord => ({
  type: 'task.waiting',
  at: 48,
  step: 1,
  calls,
  since: 46,
})
const ended = (inputTokens: number): JournalRecord => ({
  type: 'task.ended',
  at: 50,
  status: 'completed',
  output: 'done',
  usage: { ...NO_USAGE, inputTokens, replies: inputTokens > 0 ? 3 : 0 },
  artifacts: [],
})

function viewOf(...records: JournalRecord[]): TaskView<JournalRecord> | undefined {
  return [created, ...records].reduce<TaskView<JournalRecord> | undefined>(foldTaskView, undefined)
}

describe('foldTaskView', () => {
  it('has no view before the task is created', () => {
    expect(foldTaskView<JournalRecord>(undefined, started(1, 'h'))).toBeUndefined()
  })

  it('follows attempts, hosts and steps', () => {
    const view = viewOf(started(1, 'h1'), replied(1, 5), started(2, 'h2'), replied(1, 6), replied(2, 7))
    expect(view).toMatchObject({ status: 'working', attempt: 2, host: 'h2', startedAt: 10, step: 2 })
    expect(view?.stepUsage.map(({ step, usage }) => [step, usage.inputTokens])).toEqual([
      [1, 11],
      [2, 7],
    ])
  })

  it('waits for input until every open question is decided', () => {
    const open = viewOf(started(1, 'h'), asked('1.1'), asked('1.2'), decided('1.1'))
    expect(open?.status).toBe('input-required')
    expect(open?.asked).toMatchObject([{ call: '1.2', arguments: '{"to":"Ada"}' }])
    expect(viewOf(asked('1.1'), decided('1.1'))).toMatchObject({ status: 'working', asked: [] })
  })

  it('drops a question that was withdrawn', () => {
    const view = viewOf(started(1, 'h'), asked('1.1'), asked('1.2'), withdrawn('1.1'))
    expect(view).toMatchObject({ status: 'input-required', asked: [{ call: '1.2' }] })
    expect(viewOf(asked('1.1'), withdrawn('1.1'))).toMatchObject({ status: 'working', asked: [] })
  })

  it('waits without a host until the next attempt, for a person or for delegates', () => {
    const left = viewOf(started(1, 'h'), asked('1.1'), waiting('1.1'))
    expect(left).toMatchObject({ status: 'input-required', waiting: { calls: ['1.1'] } })
    expect(viewOf(started(1, 'h'), called('1.1'), waiting('1.1'))).toMatchObject({
      status: 'working',
      waiting: { calls: ['1.1'] },
    })
    const again = viewOf(started(1, 'h'), asked('1.1'), waiting('1.1'), started(2, 'h2'))
    expect(again).toMatchObject({ status: 'input-required', host: 'h2', waiting: undefined })
    expect(viewOf(started(1, 'h'), asked('1.1'), waiting('1.1'), started(9, 'h2'))?.leftMs).toBe(90 - 46)
    expect(viewOf(asked('1.1'), waiting('1.1'), ended(1))).toMatchObject({ asked: [], waiting: undefined })
  })

  it('tells what the task is doing', () => {
    const activity = (...records: JournalRecord[]) => viewOf(started(1, 'h'), ...records)?.activity
    expect(activity()).toEqual({ kind: 'model' })
    expect(activity(called('1.1'))).toEqual({ kind: 'call', name: 'scout' })
    expect(activity(asked('1.1'))).toEqual({ kind: 'decision', name: 'send' })
    expect(activity(ended(1))).toBeUndefined()
  })

  it('counts each call once, and refused calls not at all', () => {
    const outcome = (call: string, fields: { reason?: 'refused' | 'error'; step?: number } = {}) =>
      ({
        type: 'call.ended',
        at: 40,
        step: 1,
        call,
        ok: fields.reason === undefined,
        ms: 1,
        clock: 40,
        ...fields,
      }) as const
    const reads: JournalRecord = { ...(called('1.2') as RecordOf<'call.started'>), effect: 'none' }
    const calls = (...records: JournalRecord[]) => viewOf(started(1, 'h'), ...records)?.calls
    expect(calls(called('1.1'))).toBe(1)
    expect(calls(called('1.1'), outcome('1.1'))).toBe(1)
    expect(calls(called('1.1'), called('1.1'), outcome('1.1'))).toBe(1)
    expect(calls(reads)).toBe(0)
    expect(calls(reads, outcome('1.2'))).toBe(1)
    expect(calls(outcome('1.3', { reason: 'refused' }))).toBe(0)
    expect(calls(outcome('1.3', { reason: 'error' }))).toBe(1)
    const { clock: _, ...late } = outcome('1.1')
    expect(calls(called('1.1'), { ...late, type: 'call.late' })).toBe(1)
    expect(calls({ ...late, type: 'call.late' })).toBe(1)
    expect(calls(outcome('1.1'), outcome('1.1', { step: 2 }))).toBe(2)
  })

  it('takes the usage of the result, and keeps its own if the result has none', () => {
    const whole = viewOf(replied(1, 5), ended(100))
    expect(whole?.usage.inputTokens).toBe(100)
    expect(whole && ownUsage(whole).inputTokens).toBe(5)
    expect(viewOf(replied(1, 5), ended(0))?.usage.inputTokens).toBe(5)
  })

  it('starts afresh when the ended task is continued', () => {
    const view = viewOf(
      started(1, 'h'),
      replied(1, 5),
      ended(5),
      { type: 'task.continued', at: 60, text: 'more' },
      started(1, 'h'),
      replied(2, 7),
    )
    expect(view).toMatchObject({ status: 'working', attempt: 1, startedAt: 10, usage: { inputTokens: 7 } })
    expect(view?.ended).toBeUndefined()
  })
})

describe('foldTaskWorld', () => {
  it('extends the view of the same records', () => {
    const records = [created, started(1, 'h'), replied(1, 5), called('1.1'), asked('1.2')]
    const view = records.reduce<TaskView<JournalRecord> | undefined>(foldTaskView, undefined)
    expect(foldTaskWorld(records)).toMatchObject({ ...view })
  })

  it('counts what delegates used until the result counts it', () => {
    const value = JSON.stringify({
      status: 'completed',
      usage: { ...NO_USAGE, inputTokens: 40 },
      artifacts: [],
    })
    const world = foldTaskWorld([created, started(1, 'h'), replied(1, 5), called('1.1')])
    applyRecord(world, {
      type: 'call.ended',
      at: 40,
      step: 1,
      call: '1.1',
      ok: true,
      value,
      ms: 1,
      clock: 40,
    })
    expect(totalUsage(world).inputTokens).toBe(45)
    applyRecord(world, ended(45))
    expect(totalUsage(world).inputTokens).toBe(45)
  })
})

describe('foldRunView', () => {
  const submitted: JournalRecord = {
    type: 'run.submitted',
    at: 1,
    run: 'r1',
    text: 'x',
    inputs: [],
    strategy: 'plan',
    owner: 'user',
    budget: {},
  }

  it('follows plan, attempts and end', () => {
    const out: JournalRecord = {
      type: 'task.dispatched',
      at: 2,
      name: 't1',
      task: 'r1-t1',
      agent: 'a',
      attempt: 1,
    }
    const view = foldRunView<JournalRecord>(undefined, submitted)
    expect(view && runStatus(view)).toBe('submitted')
    foldRunView<JournalRecord>(view, out)
    expect(view && runStatus(view)).toBe('working')
    const back: JournalRecord = {
      type: 'task.returned',
      at: 3,
      name: 't1',
      task: 'r1-t1',
      status: 'failed',
      usage: NO_USAGE,
      artifacts: [],
    }
    foldRunView<JournalRecord>(view, back)
    expect(view?.attempts.get('t1')).toMatchObject([{ attempt: 1, returned: { status: 'failed' } }])
    foldRunView<JournalRecord>(view, { ...back, type: 'run.ended', status: 'failed' })
    expect(view && runStatus(view)).toBe('failed')
  })

  it('keeps the first decision on each call', () => {
    const decide = (task: string, decision: 'approve' | 'reject'): JournalRecord => ({
      type: 'run.decided',
      at: 2,
      task,
      call: '1.1',
      decision,
      by: 'user',
    })
    const records = [decide('r1-t1', 'approve'), decide('r1-t1', 'reject'), decide('r1-t2', 'reject')]
    const view = records.reduce(foldRunView<JournalRecord>, foldRunView<JournalRecord>(undefined, submitted))
    expect([...(view?.decisions ?? [])].map(([key, { decision }]) => [key, decision])).toEqual([
      ['r1-t1/1.1', 'approve'],
      ['r1-t2/1.1', 'reject'],
    ])
  })
})
