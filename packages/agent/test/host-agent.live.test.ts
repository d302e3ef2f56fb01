import {
  type DelegationHandler,
  type DelegationRequest,
  handOver,
  listAgents,
  openJournal,
  prepareQueue,
  ringTask,
  STREAMS,
  SUBJECTS,
  sendControl,
  serveDelegations,
  wakeTask,
} from '@bailiwick/bus'
import { type JournalRecord, NO_USAGE, type TaskResult, type TaskSpec } from '@bailiwick/contract'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostedAgent, hostAgent } from '../src/host/host-agent.ts'
import { MAX_ATTEMPTS_WITHOUT_PROGRESS } from '../src/host/work-on-task.ts'
import { type GateAgent, gateAgent } from './gate-agent.ts'
import { startTestBus, type TestBus, until } from './test-bus.ts'

await useBubblewrap()

let test: TestBus
let delegations: AsyncDisposable
/** Starts delegates, by caller. Requests of all tests arrive at one coordinator. */
const delegators = new Map<string, DelegationHandler>()
beforeAll(async () => {
  test = await startTestBus()
  delegations = await serveDelegations(test.bus, async (request, signal) => {
    const delegator = delegators.get(request.caller)
    if (delegator === undefined) throw new Error(`unexpected caller ${request.caller}`)
    return delegator(request, signal)
  })
})
afterAll(async () => {
  await delegations[Symbol.asyncDispose]()
  await test[Symbol.asyncDispose]()
})

/** An agent with its own queue. Each of its hosts gets its own connection. */
async function prepare(name: string) {
  const agent = gateAgent(name)
  await prepareQueue(test.bus, name)
  const notes: string[] = []
  return {
    ...agent,
    notes,
    host: async (options: { maxConcurrent?: number; graceMs?: number; suspendAfterMs?: number } = {}) =>
      hostAgent(agent.definition, await test.connect(name), {
        importsFrom: import.meta.dirname,
        note: (line) => notes.push(line),
        ...options,
      }),
    /** Drains a host, then hands its tasks over as the coordinator does. */
    async leave(hosted: HostedAgent) {
      const presence = (await listAgents(test.bus)).find(({ host }) => host === hosted.host)
      await hosted.drain()
      if (presence !== undefined) await handOver(test.bus, presence)
    },
    give: (task: string, plan = 't1', grant: ReturnType<GateAgent['grant']> = agent.grant()) =>
      test.give({ task, name: plan, agent: name, grant }),
  }
}

// The tests share the processors, so each may take several minutes on a busy machine.
describe.concurrent('a hosted agent', { timeout: 300_000 }, () => {
  it('finishes running tasks and takes no new ones while it drains', async () => {
    const agent = await prepare('drained')
    const hosted = await agent.host()
    const atWork = await agent.give('draining')
    await agent.waiting(1)
    const drained = hosted.drain()
    const later = await agent.give('later', 't2')
    agent.open()
    await drained
    expect(await test.result(atWork)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
    expect((await listAgents(test.bus)).filter(({ card }) => card.name === 'drained')).toEqual([])
    expect((await test.journal(later)).map(({ type }) => type)).toEqual(['task.created'])
    await using _next = await agent.host()
    expect(await test.result(later)).toMatchObject({ status: 'completed', output: 4 })
    expect(agent.notes).toEqual([])
  })

  it('leaves a task that exceeds the grace time to the next host, which continues it without loss', async () => {
    const agent = await prepare('hurried')
    const hosted = await agent.host({ graceMs: 1 })
    const spec = await agent.give('long')
    await agent.waiting(1)
    await agent.leave(hosted)
    expect((await test.journal(spec)).at(-1)?.type).not.toBe('task.ended')
    await using _next = await agent.host()
    await agent.waiting(2)
    agent.open()
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
    expect(agent.marks).toEqual(['one', 'waiting', 'waiting', 'three'])
  })

  it('cancels one task and continues with others', async () => {
    const agent = await prepare('canceled')
    await using _hosted = await agent.host()
    const spec = await agent.give('unwanted')
    await agent.waiting(1)
    const request = { task: 'unwanted', reason: 'not needed' }
    const cancel = () => sendControl(test.bus, 'canceled', 'cancel', request, { hosts: 1 })
    expect(await cancel()).toMatchObject([{ done: true }])
    expect(await test.result(spec)).toMatchObject({ status: 'canceled' })
    const next = await agent.give('wanted', 't2')
    expect(await test.result(next)).toMatchObject({ status: 'completed' })
    expect(await cancel()).toMatchObject([{ done: false }])
  })

  it('drops a task that another writer ended, without a note, and takes the next', async () => {
    const agent = await prepare('fenced')
    await using _hosted = await agent.host()
    const spec = await agent.give('taken')
    await agent.waiting(1)
    await test.end(spec, 'canceled')
    agent.open()
    const next = await agent.give('after', 't2')
    expect(await test.result(next)).toMatchObject({ status: 'completed' })
    const ended = (await test.journal(spec)).at(-1)
    expect(ended).toMatchObject({ type: 'task.ended', status: 'canceled' })
    expect(agent.notes).toEqual([])
  })

  it('settles a task that was canceled before its delivery, without working on it', async () => {
    const agent = await prepare('late')
    const spec = await agent.give('unwanted-soon')
    await test.end(spec, 'canceled')
    await using _hosted = await agent.host()
    const queue = () => test.bus.jsm.consumers.info(STREAMS.task, 'late')
    // One delivery: it was acknowledged, not returned to be redelivered later.
    await until(async () => {
      const { delivered, num_pending, num_ack_pending } = await queue()
      return delivered.consumer_seq === 1 && num_pending + num_ack_pending === 0
    }, 'an empty queue')
    expect((await test.journal(spec)).map(({ type }) => type)).toEqual(['task.created', 'task.ended'])
    expect(agent.marks).toEqual([])
    expect(agent.notes).toEqual([])
  })

  it('does not compete with itself when a task is delivered to it twice', async () => {
    const agent = await prepare('doubted')
    await using hosted = await agent.host({ maxConcurrent: 2 })
    const spec = await agent.give('twice')
    await agent.waiting(1)
    const presence = async () => (await listAgents(test.bus)).find(({ host }) => host === hosted.host)
    const doubted = await until(async () => {
      const seen = await presence()
      return seen?.held.twice === undefined ? undefined : seen
    }, 'the held task')
    // Does what the coordinator does when it believes that the host has died.
    await handOver(test.bus, doubted)
    const pending = async () => test.bus.jsm.consumers.info(STREAMS.task, 'doubted')
    await until(async () => (await pending()).delivered.consumer_seq === 2, 'the second delivery')
    agent.open()
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
    await until(async () => (await pending()).num_ack_pending === 0, 'an empty queue')
    expect((await test.journal(spec)).filter(({ type }) => type === 'task.started').length).toBe(1)
    expect(agent.marks).toEqual(['one', 'waiting', 'three'])
    expect(agent.notes).toEqual([])
  })

  it('works at the level that the task grants', async () => {
    const agent = await prepare('lowered')
    await using _hosted = await agent.host()
    const spec = await agent.give('calls', 'json', agent.grant(2))
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 'It has 4 letters.' })
    expect(agent.marks).toEqual(['json'])
  })

  it('holds at most as many tasks as it has slots, and announces how many are running', async () => {
    const agent = await prepare('counted')
    await using hosted = await agent.host({ maxConcurrent: 2 })
    const presence = async () => (await listAgents(test.bus)).find(({ host }) => host === hosted.host)
    expect(await presence()).toMatchObject({ card: { level: 5 }, slots: 2, busy: 0 })
    for (const task of ['c1', 'c2', 'c3']) await agent.give(task)
    await agent.waiting(2)
    await until(async () => (await presence())?.busy === 2, 'two busy slots')
    expect(agent.marks.filter((line) => line === 'waiting').length).toBe(2)
    agent.open()
    await until(async () => agent.marks.length === 9 && (await presence())?.busy === 0, 'free slots')
  })

  it('asks the coordinator for a delegate, and takes other tasks while it waits', async () => {
    const agent = await prepare('lead')
    await using _hosted = await agent.host({ maxConcurrent: 1, suspendAfterMs: 60_000 })
    const asked = Promise.withResolvers<DelegationRequest & { caller: string }>()
    const answer = Promise.withResolvers<TaskResult>()
    delegators.set('lead', async (request) => {
      asked.resolve(request)
      return { result: answer.promise }
    })
    const helper = { name: 'helper', description: 'Helps.', level: 0 as const }
    const spec = await agent.give('asking', 'delegate', { ...agent.grant(), delegates: [helper] })
    expect(await asked.promise).toMatchObject({
      caller: 'lead',
      target: 'helper',
      text: 'Say 5',
      run: 'r1',
      task: 'asking',
      call: '1.1',
    })
    const other = await agent.give('meanwhile', 't2')
    expect(await test.result(other)).toMatchObject({ status: 'completed', output: 4 })
    answer.resolve({ status: 'completed', output: 5, usage: NO_USAGE, artifacts: [] })
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 5 })
  })

  it('leaves a task that waits for a person, without a bell or a slot, and continues it with the decision', async () => {
    const agent = await prepare('asks')
    await using hosted = await agent.host({ suspendAfterMs: 20 })
    const approval = 'always' as const
    const spec = await agent.give('patient-one', 't2', { ...agent.grant(), approval })
    const last = async () => (await test.journal(spec)).at(-1)
    await until(async () => (await last())?.type === 'task.waiting', 'the host to leave the task')
    expect(await last()).toMatchObject({ type: 'task.waiting', step: 1, calls: ['1.1'] })
    const queue = () => test.bus.jsm.consumers.info(STREAMS.task, 'asks')
    await until(async () => (await queue()).num_ack_pending === 0, 'an empty queue')
    const presence = async () => (await listAgents(test.bus)).find(({ host }) => host === hosted.host)
    await until(async () => {
      const seen = await presence()
      return seen?.busy === 0 && Object.keys(seen.held).length === 0
    }, 'a host without tasks')
    const decisions = [{ call: '1.1', decision: 'approve' as const, by: 'user' }]
    await ringTask(test.bus, { ...spec, ring: Date.now(), decisions })
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 4 })
    const types = (await test.journal(spec)).map(({ type }) => type)
    expect(types.filter((type) => ['call.asked', 'call.decided', 'call.started'].includes(type))).toEqual([
      'call.asked',
      'call.decided',
      'call.started',
    ])
    expect(agent.marks).toEqual(['done'])
    expect(agent.notes).toEqual([])
  })

  it('takes a decision for a task that it has, before the code asks', async () => {
    const agent = await prepare('early')
    await using _hosted = await agent.host()
    const spec = await agent.give('decided-early', 't1', { ...agent.grant(), approval: 'risky' })
    await until(
      async () => (await test.journal(spec)).some(({ type }) => type === 'call.asked'),
      'the first question',
    )
    const decide = (call: string) =>
      sendControl(test.bus, 'early', 'decide', { task: spec.task, call, decision: 'approve', by: 'user' })
    // The second question comes only after the gate.
    for (const call of ['2.2', '1.1']) expect(await decide(call)).toMatchObject([{ done: true }])
    await agent.waiting(1)
    agent.open()
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
    expect(await decide('1.1')).toMatchObject([{ done: false }])
  })

  it('keeps a waiting task if the coordinator is too old to ring again', async () => {
    const agent = await prepare('old')
    await using _hosted = await agent.host({ suspendAfterMs: 1 })
    const spec: TaskSpec = {
      ...{ run: 'r1', owner: 'user', task: 'kept', agent: 'old', name: 't2', text: 'x', seed: 's', depth: 0 },
      ...{ inputs: [], results: {}, grant: { ...agent.grant(), approval: 'always' } },
    }
    await openJournal(test.bus, { writer: 'old', run: 'r1', task: 'kept' }).append([
      { type: 'task.created', at: Date.now(), ...spec },
    ])
    const ring = { v: 1, run: 'r1', task: 'kept', ring: 1 }
    await test.bus.js.publish(SUBJECTS.task('old', 'kept'), JSON.stringify(ring))
    await until(
      async () => (await test.journal(spec)).some(({ type }) => type === 'call.asked'),
      'the question',
    )
    const yes = { task: 'kept', call: '1.1', decision: 'approve', by: 'user' } as const
    await until(
      async () => (await sendControl(test.bus, 'old', 'decide', yes)).some(({ done }) => done),
      'the decision to arrive',
    )
    await test.result(spec)
    expect((await test.journal(spec)).map(({ type }) => type)).not.toContain('task.waiting')
  })

  it('leaves a task that waits for a delegate, without ending that, and gets the result when it is rung', async () => {
    const agent = await prepare('parent')
    await using _hosted = await agent.host({ suspendAfterMs: 20 })
    const answer = Promise.withResolvers<TaskResult>()
    const requests: string[] = []
    const aborts: unknown[] = []
    delegators.set('parent', async ({ key }, signal) => {
      requests.push(key)
      signal.addEventListener('abort', () => aborts.push(signal.reason))
      return { result: answer.promise }
    })
    const helper = { name: 'helper', description: 'Helps.', level: 0 as const }
    const spec = await agent.give('delegating', 'delegate', { ...agent.grant(), delegates: [helper] })
    await until(
      async () => (await test.journal(spec)).at(-1)?.type === 'task.waiting',
      'the host to leave the task',
    )
    answer.resolve({ status: 'completed', output: 5, usage: NO_USAGE, artifacts: [] })
    await wakeTask(test.bus, { ...spec, ring: Date.now() })
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 5 })
    expect([requests[0], aborts]).toEqual(['delegating/1.1', []])
  })

  it('does not count suspended attempts as attempts without progress', async () => {
    const agent = await prepare('left')
    const spec = await agent.give('patient')
    for (let left = 1; left <= MAX_ATTEMPTS_WITHOUT_PROGRESS + 1; left += 1) {
      const hosted = await agent.host({ graceMs: 1 })
      await agent.waiting(left)
      await agent.leave(hosted)
    }
    const types = (await test.journal(spec)).map(({ type }) => type)
    expect(types.filter((type) => type === 'task.suspended')).toHaveLength(MAX_ATTEMPTS_WITHOUT_PROGRESS + 1)
    await using _next = await agent.host()
    agent.open()
    expect(await test.result(spec)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
    expect(agent.marks.filter((line) => line !== 'waiting')).toEqual(['one', 'three'])
  })

  it('fails a task after five hosts in a row died without progress', async () => {
    const agent = await prepare('poisoned')
    const spec = { run: 'r1', owner: 'user', task: 'poison', agent: 'poisoned' }
    const created = { ...spec, name: 't1', text: 'die', inputs: [], results: {}, grant: agent.grant() }
    const attempt = (number: number): JournalRecord => ({
      type: 'task.started',
      at: 0,
      attempt: number,
      host: `dead-${number}`,
      engine: { node: '', v8: '', bailiwick: '' },
      level: 5,
    })
    const first: JournalRecord = { type: 'task.created', at: 0, ...created, seed: 's', depth: 0 }
    const journal = openJournal(test.bus, { writer: 'poisoned', run: 'r1', task: 'poison' })
    await journal.append([first, ...[1, 2, 3, 4, 5].map(attempt)])
    await ringTask(test.bus, { ...spec, ring: 1 })
    await using _hosted = await agent.host()
    const result = await test.result({ ...created, seed: 's', depth: 0 })
    expect(result).toMatchObject({ status: 'failed', error: { code: 'hosts-died' } })
    expect(result.error?.message).toContain('5 hosts in a row')
    expect(agent.marks).toEqual([])
  })
})
