import { describe, expect, it } from 'vitest'
import type { Evidence } from './evidence.ts'
import { type Expected, failedAttempts, judge } from './judge.ts'
import { add, change, honest, RUN, remove, T1 } from './testing/honest-evidence.ts'

const EXPECTED: Expected = {
  runs: ['r1'],
  answer: 34,
  tools: ['mark'],
  always: ['mark'],
  disturbances: [],
  startMs: 1_000,
}

describe('judge', () => {
  it('finds no violation in a run that went well', () => {
    expect(judge(honest(), EXPECTED)).toEqual([])
    expect(failedAttempts(honest())).toEqual([])
  })

  it.each<[string, (evidence: Evidence) => void, string]>([
    ['an event that is missing', ({ events }) => events.splice(5, 1), 'has no event'],
    [
      'an event that was published twice',
      ({ events }) => events.splice(5, 0, ...events.slice(4, 5)),
      'was published twice',
    ],
    [
      'events out of order',
      ({ events }) => events.splice(4, 2, ...events.slice(4, 6).reverse()),
      'of a later record',
    ],
    [
      'an event without a record',
      ({ events }) => Object.assign(events[3]?.event ?? {}, { id: '99.0' }),
      'has no record',
    ],
    [
      'an event with another message id',
      ({ events }) => Object.assign(events[3] ?? {}, { messageId: '' }),
      'message id',
    ],
    [
      'an event of another type',
      ({ events }) => Object.assign(events[3]?.event ?? {}, { type: 'x' }),
      'its type is x',
    ],
    [
      'an event of another task',
      ({ events }) => Object.assign(events[3]?.event ?? {}, { task: 'x' }),
      'its task is x',
    ],
    [
      'an event of another run',
      ({ events }) => Object.assign(events[3]?.event ?? {}, { run: 'x' }),
      'its run is x',
    ],
    [
      'an event on another subject',
      ({ events }) => Object.assign(events[3] ?? {}, { subject: 'x' }),
      'its subject is x',
    ],
    [
      'an event of another time',
      ({ events }) => Object.assign(events[3]?.event ?? {}, { time: 'x' }),
      'its time is x',
    ],
    ['an append that is missing', ({ journal }) => journal.splice(4, 1), 'has a gap between'],
    [
      'a message that is no append',
      ({ journal }) => Object.assign(journal[4] ?? {}, { records: undefined }),
      'is no append',
    ],

    [
      'a run that was not submitted',
      (all) =>
        all.journal.push({
          ...all.journal[0],
          sequence: all.journal.length + 1,
          subject: RUN.replace('r1', 'r9'),
        } as never),
      'was never submitted',
    ],
    [
      'two submissions',
      (all) => add(all, RUN, 'run.submitted', { type: 'run.submitted', owner: 'user' }),
      '2 records run.submitted',
    ],
    [
      'two plans',
      (all) => add(all, RUN, 'run.planned', { type: 'run.planned', tasks: [] }),
      '2 records run.planned',
    ],
    [
      'two ends of a run',
      (all) => add(all, RUN, 'run.ended', { type: 'run.ended', status: 'completed', answer: 34 }),
      '2 records run.ended',
    ],
    ['no end of a run', (all) => remove(all, RUN, 'run.ended'), '0 records run.ended'],
    ['a run that failed', (all) => change(all, RUN, 'run.ended', { status: 'failed' }), 'ended as failed'],
    ['a wrong answer', (all) => change(all, RUN, 'run.ended', { answer: 35 }), 'answered 35'],
    [
      'a record after the end of a run',
      (all) => add(all, RUN, 'run.ended', { type: 'task.returned', task: 'r1-t1' }),
      'comes after its end',
    ],
    [
      'a task that is dispatched twice',
      (all) =>
        add(all, RUN, 'task.dispatched', { type: 'task.dispatched', name: 't1', task: 'r1-t1', attempt: 2 }),
      'dispatched twice',
    ],
    [
      'an attempt that is skipped',
      (all) => change(all, RUN, 'task.dispatched', { attempt: 2 }),
      'dispatched as attempt 2',
    ],
    [
      'a task that returns twice',
      (all) => add(all, RUN, 'task.returned', { type: 'task.returned', name: 't1', task: 'r1-t1' }),
      'without being dispatched',
    ],
    ['a task that never returns', (all) => remove(all, RUN, 'task.returned'), 'never returned'],
    [
      'a task that is dispatched too early',
      (all) => change(all, RUN, 'task.returned', { status: 'failed' }),
      'dispatched before t1',
    ],
    [
      'a task that was never dispatched',
      (all) => remove(all, RUN, 'task.dispatched'),
      'was never dispatched',
    ],
    [
      'a task of the plan that never completed',
      (all) =>
        change(all, RUN, 'run.planned', {
          tasks: [
            { name: 't1', after: [] },
            { name: 't2', after: ['t1'] },
            { name: 't3', after: [] },
          ],
        }),
      't3 of the plan never completed',
    ],
    [
      'a run that begins with another record',
      (all) => change(all, RUN, 'run.submitted', { type: 'run.cancel-requested' }),
      'r1: begins with run.cancel-requested',
    ],
    [
      'a task without a journal',
      (all) =>
        add(all, RUN, 'task.dispatched', { type: 'task.dispatched', name: 't9', task: 'r1-t9', attempt: 1 }),
      'has no journal',
    ],

    [
      'two ends of a task',
      (all) => add(all, T1, 'task.ended', { type: 'task.ended', status: 'completed' }),
      '2 records task.ended',
    ],
    ['a task without its creation', (all) => remove(all, T1, 'task.created'), '0 records task.created'],
    [
      'a task that begins with another record',
      (all) => change(all, T1, 'task.created', { type: 'task.planned' }),
      'r1-t1: begins with task.planned',
    ],
    [
      'a record after the end of a task',
      (all) => add(all, T1, 'task.ended', { type: 'task.started', attempt: 3 }),
      'its last record is task.started',
    ],
    ['two first hosts', (all) => change(all, T1, 'task.started', { attempt: 2 }), 'attempt 2 follows 0'],
    [
      'a step with two replies',
      (all) => add(all, T1, 'step.replied', { type: 'step.replied', step: 1 }),
      'reply to step 1 follows 1',
    ],
    ['code without a reply', (all) => remove(all, T1, 'step.replied'), 'without a reply of the model'],
    [
      'a step that begins before the previous one ends',
      (all) => add(all, T1, 'turn.committed', { type: 'step.replied', step: 2 }),
      'step 2 got a reply before the previous step ended',
    ],
    [
      'a turn that was voided and counted twice',
      (all) => add(all, T1, 'turn.committed', { type: 'turn.voided', step: 1, turn: 0 }),
      'turn of step 1 0 follows 0',
    ],
    [
      'a missing turn',
      (all) => change(all, T1, 'turn.committed', { turn: 1 }),
      'turn of step 1 1 follows -1',
    ],
    ['a turn without its step', (all) => remove(all, T1, 'step.started'), 'a turn of step 1 in step 0'],
    [
      'two outcomes of a call',
      (all) => add(all, T1, 'call.ended', { type: 'call.late', call: '1.1', ok: true }),
      'has two outcomes',
    ],
    [
      'an outcome without a call',
      (all) => add(all, T1, 'call.ended', { type: 'call.ended', call: '1.9', ok: true }),
      'was never made',
    ],
    [
      'a step that ends twice',
      (all) => add(all, T1, 'step.ended', { type: 'step.ended', step: 1 }),
      'end of step 1 follows 1',
    ],
    [
      'a divergence',
      (all) => add(all, T1, 'call.ended', { type: 'task.diverged', recorded: 'a', replayed: 'b' }),
      'diverged',
    ],
    [
      'a record of another agent',
      (all) => Object.assign(all.journal[5] ?? {}, { subject: T1.replace('worker', 'other') }),
      'two agents',
    ],

    [
      'an effect that was made twice',
      ({ effects }) => effects.push(...effects.slice(0, 1)),
      'was made 2 times',
    ],
    ['an effect that is missing', ({ effects }) => effects.pop(), 'but never made'],
    [
      'a task that completed without a required effect',
      (all) => {
        all.effects.pop()
        for (const { subject, records = [] } of all.journal)
          for (const record of records)
            if (subject.endsWith('r1-t2') && record.type === 'call.ended') record.ok = false
      },
      'r1-t2 completed without "mark"',
    ],
    ['an effect without a journaled call', (all) => remove(all, T1, 'call.started'), 'is in no journal'],

    ['a message that is left', ({ queue }) => Object.assign(queue, { messages: 1 }), '1 messages are left'],
    [
      'a task that waits',
      ({ queue }) => Object.assign(queue.consumers[0] ?? {}, { pending: 1 }),
      'wait for worker',
    ],
    [
      'a task that is held',
      ({ queue }) => Object.assign(queue.consumers[0] ?? {}, { unacknowledged: 1 }),
      'un-acknowledged',
    ],
    ['no consumer at all', ({ queue }) => queue.consumers.pop(), 'no consumer'],
    [
      'a dead letter',
      ({ dead }) => dead.push('{"type":"io.nats.jetstream.advisory.v1.max_deliver"}'),
      'a dead letter',
    ],
    ['a rejected task', ({ dead }) => dead.push('{"type":"x.terminated","reason":"{}"}'), 'a dead letter'],

    [
      'a silence',
      ({ journal }) => {
        for (const message of journal.slice(6)) message.storedAt += 20_000
      },
      'silent for longer than 18.0 s: r1: 21.0 s',
    ],
  ])('reports %s', (_, plant, problem) => {
    const evidence = honest()
    plant(evidence)
    expect(judge(evidence, EXPECTED).join('\n')).toContain(problem)
  })

  it('subtracts overlapping disturbances from a silence once', () => {
    const evidence = honest()
    for (const message of evidence.journal.slice(6)) message.storedAt += 20_000
    const stop = (from: number, to: number) => ({ from, to, what: 'host stopped' })
    const judged = (disturbances: Expected['disturbances']) => judge(evidence, { ...EXPECTED, disturbances })
    expect(judged([stop(0, 9_000), stop(8_000, 9_500)])).toEqual([])
    const [problem] = judged([stop(0, 6_500), stop(6_200, 6_600)])
    expect(problem).toContain('20.4 s of them with no process stopped')
    expect(problem).toContain('-6.0 s: host stopped')
  })

  it('lists failed attempts, which are no violation', () => {
    const evidence = honest()
    const error = { code: 'hosts-died' }
    change(evidence, T1, 'task.ended', { status: 'failed', error })
    expect(failedAttempts(evidence)).toEqual(['r1-t1 failed: {"code":"hosts-died"}'])
  })
})

describe('judge of a run whose guest or child misbehaved', () => {
  const attacked = (mayDiverge = false): Expected => ({
    ...EXPECTED,
    runs: [],
    attacked: [{ run: 'r1', answer: 34, mayDiverge }],
  })
  const fail = (all: Evidence) => {
    change(all, RUN, 'task.returned', { status: 'failed' })
    change(all, RUN, 'run.ended', { status: 'failed', error: { code: 'x' }, answer: undefined })
  }
  const diverge = (all: Evidence) => add(all, T1, 'step.ended', { type: 'task.diverged', recorded: 'a' })

  it('accepts that it completes, and that it fails with an error', () => {
    expect(judge(honest(), attacked())).toEqual([])
    const evidence = honest()
    fail(evidence)
    // The second task was dispatched although the first had failed. No attacked run has two.
    expect(judge(evidence, attacked()).filter((problem) => !problem.includes('before t1'))).toEqual([])
  })

  it.each<[string, (evidence: Evidence) => void, string]>([
    ['a wrong answer', (all) => change(all, RUN, 'run.ended', { answer: 35 }), 'answered 35'],
    [
      'a failure without an error',
      (all) => change(all, RUN, 'run.ended', { status: 'failed' }),
      'ended as failed',
    ],
    ['no end', (all) => remove(all, RUN, 'run.ended'), '0 records run.ended'],
    ['a repeated effect', ({ effects }) => effects.push(...effects.slice(0, 1)), 'was made 2 times'],
    ['a divergence', diverge, 'diverged'],
  ])('reports %s', (_, spoil, problem) => {
    const evidence = honest()
    spoil(evidence)
    expect(judge(evidence, attacked()).join('\n')).toContain(problem)
  })

  it('accepts a divergence if its child lied', () => {
    const evidence = honest()
    diverge(evidence)
    expect(judge(evidence, attacked(true)).filter((problem) => problem.includes('diverged'))).toEqual([])
  })
})
