import type { StoredAppend } from '@bailiwick/bus'
import { type JournalRecord, NO_USAGE, type TaskSpec } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { isReady, RunIndex } from './run-index.ts'

const submitted = (run: string, at = 0, owner = 'user'): JournalRecord => ({
  type: 'run.submitted',
  at,
  run,
  text: 'x'.repeat(1_000),
  inputs: [],
  strategy: 'direct',
  owner,
  budget: { wallMs: 500 },
})
const driven: JournalRecord = { type: 'run.driven', at: 0, coordinator: 'c-1' }
const dispatched: JournalRecord = {
  type: 'task.dispatched',
  at: 0,
  name: 't1',
  task: 'r1-t1',
  agent: 'worker',
  attempt: 1,
}
const created = (change: Partial<TaskSpec> = {}): JournalRecord => ({
  type: 'task.created',
  at: 0,
  run: 'r1',
  owner: 'user',
  task: 'r1-t1',
  agent: 'worker',
  name: 't1',
  text: 'x',
  inputs: [],
  results: {},
  grant: { level: 0, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' },
  seed: '',
  depth: 0,
  ...change,
})
const started = (host: string): JournalRecord => ({
  type: 'task.started',
  at: 0,
  attempt: 1,
  host,
  engine: { node: '', v8: '', bailiwick: '' },
  level: 0,
})
const asked: JournalRecord = {
  type: 'call.asked',
  at: 0,
  step: 1,
  call: 's1.1',
  name: 'pay',
  arguments: '{}',
}
const waiting: JournalRecord = { type: 'task.waiting', at: 0, step: 1, calls: ['s1.1'] }
const end = { status: 'completed' as const, usage: NO_USAGE, artifacts: [] }

/** An index that has taken these appends, numbered from 1, and what it told. */
function indexed(...appends: [address: string, ...records: JournalRecord[]][]) {
  const told: string[] = []
  const index = new RunIndex({
    appended: ({ run }, records) => told.push(`${run} ${records.map(({ type }) => type).join(' ')}`),
    ended: ({ run }, task, { status }) => told.push(`${run} ${task} ${status}`),
    paused: ({ run, deadline, waitsSince }) => told.push(`${run} ${waitsSince ?? 'on'} ${deadline}`),
    answered: ({ run, task }) => told.push(`${run} ${task} answered`),
  })
  let sequence = 0
  const take = (address: string, ...records: JournalRecord[]) => {
    const [writer = '', run = '', task = ''] = address.split('/')
    sequence += 1
    index.take({ writer, run, task, sequence }, records)
  }
  for (const append of appends) take(...append)
  return { index, told, take }
}

function readyOf(index: RunIndex): boolean[] | undefined {
  return index.get('r1')?.tasks.map((task, _, tasks) => isReady(task, tasks))
}

const OWN = 'coordinator/r1/run'
const TASK = 'worker/r1/r1-t1'

describe('RunIndex', () => {
  it('keeps an open run with its tasks, and of an ended one the summary', () => {
    const { index, told, take } = indexed([OWN, submitted('r1'), driven, dispatched], [TASK, created()])
    expect(index.get('r1')).toMatchObject({ driver: 'c-1', deadline: 500, sequence: 1 })
    expect(index.task('r1', 'r1-t1')).toMatchObject({ agent: 'worker', created: 2 })
    take(TASK, started('h1'))
    expect(index.task('r1', 'r1-t1')?.host).toBe('h1')
    take(TASK, { type: 'task.ended', at: 5, ...end })
    take(OWN, { type: 'run.ended', at: 6, ...end })
    expect([...index.open()]).toEqual([])
    expect(index.list(10)).toEqual([
      {
        run: 'r1',
        status: 'completed',
        text: `${'x'.repeat(199)}…`,
        submittedAt: 0,
        owner: 'user',
        endedAt: 6,
      },
    ])
    expect(told).toEqual([
      'r1 run.submitted run.driven task.dispatched',
      'r1 r1-t1 completed',
      'r1 run.ended',
    ])
  })

  it('takes its own append once, before the stream brings it, unless another one came between', () => {
    const { index, told } = indexed([OWN, submitted('r1')])
    index.stored('r1', [driven], { sequence: 4, before: 1 })
    index.take({ writer: 'coordinator', run: 'r1', task: 'run', sequence: 4 }, [driven])
    expect(told).toEqual(['r1 run.submitted', 'r1 run.driven'])
    index.stored('r1', [dispatched], { sequence: 7, before: 6 })
    expect(index.task('r1', 'r1-t1')).toBeUndefined()
  })

  it('believes neither a host about the task of another agent, nor tasks of unknown runs', () => {
    const { index, told } = indexed(
      [OWN, submitted('r1'), dispatched],
      ['mallory/r1/r1-t1', created({ agent: 'mallory' })],
      ['mallory/r1/r1-t1', { type: 'task.ended', at: 0, ...end }],
      ['mallory/r1/r1-t2', created({ agent: 'worker' })],
      ['worker/r9/r9-t1', created()],
    )
    expect(index.get('r1')?.tasks).toMatchObject([{ agent: 'worker', created: 0 }])
    expect(told).toHaveLength(1)
  })

  it('says that a task is ready until it waits, and again when it was decided on', () => {
    const { index, take, told } = indexed([OWN, submitted('r1'), dispatched])
    const ready = () => readyOf(index)
    expect(ready()).toEqual([false])
    take(TASK, created())
    expect(ready()).toEqual([true])
    take(TASK, started('h1'), asked, waiting)
    expect(ready()).toEqual([false])
    expect(index.list(1)).toMatchObject([{ status: 'input-required' }])
    take(OWN, { type: 'run.decided', at: 0, task: 'r1-t1', call: 's1.1', decision: 'approve', by: 'user' })
    expect(ready()).toEqual([true])
    expect(index.list(1)).toMatchObject([{ status: 'working' }])
    expect(told.filter((line) => line.endsWith('answered'))).toHaveLength(2)
    take(TASK, started('h2'), { type: 'call.decided', at: 0, call: 's1.1', decision: 'approve', by: 'user' })
    expect(index.task('r1', 'r1-t1')).toMatchObject({ asked: [], decided: [] })
  })

  it('says that a waiting task is ready as soon as one of its delegates has ended, and tells it', () => {
    const child = (task: string, call: string) =>
      created({ task, agent: 'scout', parent: { agent: 'worker', task: 'r1-t1', call } })
    const waits: JournalRecord = { type: 'task.waiting', at: 0, step: 1, calls: ['s1.1', 's1.2', 's1.3'] }
    const { index, take, told } = indexed(
      [OWN, submitted('r1'), dispatched],
      [TASK, created(), started('h1'), asked],
      ['scout/r1/d1', child('d1', 's1.2')],
      ['scout/r1/d2', child('d2', 's1.3')],
      [TASK, waits],
    )
    expect(readyOf(index)).toEqual([false, true, true])
    take('scout/r1/d2', { type: 'task.ended', at: 0, ...end })
    expect(readyOf(index)).toEqual([true, true])
    expect(told.slice(-2)).toEqual(['r1 d2 completed', 'r1 r1-t1 answered'])
  })

  it('keeps a decision whose question is read later', () => {
    const { index, take, told } = indexed([OWN, submitted('r1'), driven, dispatched])
    take(OWN, { type: 'run.decided', at: 0, task: 'r1-t1', call: 's1.1', decision: 'approve', by: 'user' })
    expect(index.task('r1', 'r1-t1')?.decided).toEqual([])
    take(TASK, created(), started('h1'), asked)
    expect(index.task('r1', 'r1-t1')).toMatchObject({ asked: ['s1.1'], decided: ['s1.1'] })
    expect(told.at(-1)).toBe('r1 r1-t1 answered')
  })

  it('defers the deadline of a run by the time in which all its tasks wait', () => {
    const other: JournalRecord = { ...dispatched, name: 't2', task: 'r1-t2' } as JournalRecord
    const waits = (at: number, since: number): JournalRecord => ({
      type: 'task.waiting',
      at,
      since,
      step: 1,
      calls: ['s1.1'],
    })
    const at = (time: number): JournalRecord => ({ ...started('h1'), at: time })
    const { index, take, told } = indexed(
      [OWN, submitted('r1'), dispatched, other],
      [TASK, created(), at(1)],
      ['worker/r1/r1-t2', created({ task: 'r1-t2' }), at(2)],
      [TASK, waits(30, 10)],
    )
    expect(index.get('r1')).toMatchObject({ deadline: 500 })
    expect(index.get('r1')).not.toHaveProperty('waitsSince')
    take('worker/r1/r1-t2', waits(60, 40))
    expect(index.get('r1')).toMatchObject({ deadline: 500, waitsSince: 40 })
    const [entry] = index.takeChanged(100)
    take(TASK, at(1_040))
    expect(index.get('r1')).toMatchObject({ deadline: 1_500 })
    expect(index.get('r1')).not.toHaveProperty('waitsSince')
    expect(told.filter((line) => /^r1 (\d+|on) /.test(line))).toEqual(['r1 40 500', 'r1 on 1500'])
    const again = indexed()
    if (entry !== undefined) again.index.load(entry)
    expect(again.index.get('r1')).toMatchObject({ deadline: 500, waitsSince: 40 })
  })

  it('gives the bucket the end of a run that ends while its entry is written', () => {
    const { index, take } = indexed([OWN, submitted('r1'), driven])
    const entries = index.takeChanged(1)
    expect(entries).toMatchObject([{ run: 'r1', status: 'submitted' }])
    take(OWN, { type: 'run.ended', at: 6, ...end })
    index.wereStored(entries)
    expect(index.list(1)).toMatchObject([{ status: 'completed' }])
    const last = index.takeChanged(2)
    expect(last).toMatchObject([{ run: 'r1', status: 'completed', endedAt: 6 }])
    index.wereStored(last)
    expect(index.list(1)).toEqual([{ run: 'r1' }])
  })

  it('lists the newest runs of an owner first', () => {
    const { index } = indexed(
      ['coordinator/r1/run', submitted('r1', 1)],
      ['coordinator/r3/run', submitted('r3', 3)],
      ['coordinator/r2/run', submitted('r2', 2, 'user-alice')],
    )
    expect(index.list(2).map(({ run }) => run)).toEqual(['r3', 'r2'])
    expect(index.list(2, 'user-alice').map(({ run }) => run)).toEqual(['r2'])
  })

  it('needs only appends that can change it', () => {
    const { index } = indexed([OWN, submitted('r1'), dispatched], [TASK, created()])
    const needs = (address: string, text: string, sequence = 9) => {
      const [writer = '', run = '', task = ''] = address.split('/')
      const mentions = (texts: readonly string[]) => texts.some((marker) => text.includes(marker))
      return index.needs({ writer, run, task, sequence, mentions } as StoredAppend)
    }
    expect(needs(OWN, '')).toBe(true)
    expect(needs(OWN, '', 1)).toBe(false)
    expect(needs(TASK, '{"type":"call.ended"}')).toBe(false)
    for (const type of ['task.started', 'task.waiting', 'task.ended', 'call.asked', 'call.withdrawn']) {
      expect(needs(TASK, JSON.stringify({ type }))).toBe(true)
    }
    expect(needs(TASK, '{"type":"task.created"}', 2)).toBe(false)
    expect(needs('worker/r2/r2-t1', '{"type":"task.ended"}')).toBe(false)
  })
})
