import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, take } from '../../test/test-bus.ts'
import { findBell, removeBell } from './bell.ts'
import { type OpenTask, redeliverLost } from './lost-tasks.ts'
import { prepareQueue } from './prepare-queue.ts'
import { ringTask } from './ring-task.ts'
import { takeTasks } from './take-tasks.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** An agent with tasks in its queue. A host takes the first ones and dies. */
async function prepare(agent: string, tasks: string[], given: number) {
  await prepareQueue(test.bus, agent, { ackWaitMs: 60_000 })
  for (const task of tasks) await ringTask(test.bus, { agent, run: 'r1', task, ring: 1 })
  const host = await test.connect(agent)
  const taken = await take(takeTasks(host, agent, { maxConcurrent: given }), given)
  await host.close()
  expect(taken.map(({ task }) => task)).toEqual(tasks.slice(0, given))
  return { open: tasks.map((task) => ({ run: 'r1', task })) }
}

const confirm = async (tasks: readonly OpenTask[]) => tasks

describe('redeliverLost', () => {
  it('redelivers tasks that a dead host took and never announced, but not waiting ones', async () => {
    const { open } = await prepare('lost', ['a', 'b', 'c'], 2)
    const waits = await findBell(test.bus, { agent: 'lost', task: 'c' })
    const { redelivered } = await redeliverLost(test.bus, 'lost', {
      open,
      held: 0,
      delivered: (waits?.sequence ?? 0) - 1,
      confirm,
    })
    expect(redelivered.map(({ task }) => task)).toEqual(['a', 'b'])
    expect(await findBell(test.bus, { agent: 'lost', task: 'c' })).toEqual(waits)
    const again = await take(takeTasks(test.bus, 'lost', { maxConcurrent: 3 }), 3)
    expect(again.map(({ task }) => task)).toEqual(['c', 'a', 'b'])
  })

  it('does not redeliver a task that was delivered since the last call', async () => {
    const { open } = await prepare('quick', ['g', 'h'], 2)
    const [g, h] = await Promise.all(['g', 'h'].map((task) => findBell(test.bus, { agent: 'quick', task })))
    const first = await redeliverLost(test.bus, 'quick', {
      open,
      held: 0,
      delivered: g?.sequence ?? 0,
      confirm,
    })
    expect(first).toEqual({ redelivered: [{ run: 'r1', task: 'g' }], delivered: h?.sequence })
    const { redelivered } = await redeliverLost(test.bus, 'quick', {
      open,
      held: 0,
      delivered: first.delivered,
      confirm,
    })
    expect(redelivered.map(({ task }) => task)).toEqual(['h'])
  })

  it('redelivers a task without any bell', async () => {
    const { open } = await prepare('mute', ['d'], 0)
    const bell = await findBell(test.bus, { agent: 'mute', task: 'd' })
    await removeBell(test.bus, bell?.sequence ?? 0)
    await redeliverLost(test.bus, 'mute', { open, held: 0, delivered: 0, confirm })
    expect((await findBell(test.bus, { agent: 'mute', task: 'd' }))?.ring.task).toBe('d')
  })

  it('rings only for tasks that the newest journals still show as open', async () => {
    const { open } = await prepare('lagging', ['k', 'l'], 0)
    for (const task of ['k', 'l']) {
      const bell = await findBell(test.bus, { agent: 'lagging', task })
      await removeBell(test.bus, bell?.sequence ?? 0)
    }
    const { redelivered } = await redeliverLost(test.bus, 'lagging', {
      open,
      held: 0,
      delivered: 0,
      confirm: async (tasks) => tasks.filter(({ task }) => task === 'l'),
    })
    expect(redelivered.map(({ task }) => task)).toEqual(['l'])
    expect(await findBell(test.bus, { agent: 'lagging', task: 'k' })).toBeUndefined()
  })

  it('leaves tasks for later while the queue is full', async () => {
    const { open } = await prepare('full', ['i'], 0)
    const bell = await findBell(test.bus, { agent: 'full', task: 'i' })
    await removeBell(test.bus, bell?.sequence ?? 0)
    await ringTask(test.bus, { agent: 'another', run: 'r1', task: 'j', ring: 1 })
    const { config, state } = await test.bus.jsm.streams.info('TASK')
    await test.bus.jsm.streams.update('TASK', { max_msgs: state.messages })
    const { redelivered } = await redeliverLost(test.bus, 'full', { open, held: 0, delivered: 0, confirm })
    expect(redelivered).toEqual([])
    await test.bus.jsm.streams.update('TASK', { max_msgs: config.max_msgs })
    const later = await redeliverLost(test.bus, 'full', { open, held: 0, delivered: 0, confirm })
    expect(later.redelivered).toEqual([{ run: 'r1', task: 'i' }])
  })

  it('reads no bell if the counts show that no task is lost', async () => {
    const { open } = await prepare('calm', ['e', 'f'], 1)
    const lost = await redeliverLost(test.bus, 'calm', {
      open: open.slice(1),
      held: 1,
      delivered: 0,
      confirm,
    })
    expect(lost.redelivered).toEqual([])
    expect((await test.bus.jsm.consumers.info('TASK', 'calm')).num_ack_pending).toBe(1)
  })
})
