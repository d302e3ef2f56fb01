import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, take } from '../../test/test-bus.ts'
import { findBell, removeBell } from './bell.ts'
import { ringForLost } from './lost-tasks.ts'
import { prepareQueue } from './prepare-queue.ts'
import { ringTask } from './ring-task.ts'
import { takeTasks } from './take-tasks.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** An agent with tasks in its queue, the first of which are given to a host that dies without a word. */
async function prepare(agent: string, tasks: string[], given: number) {
  await prepareQueue(test.bus, agent, { ackWaitMs: 60_000 })
  for (const task of tasks) await ringTask(test.bus, { agent, run: 'r1', task, ring: 1 })
  const host = await test.connect(agent)
  const taken = await take(takeTasks(host, agent, { maxConcurrent: given }), given)
  await host.close()
  expect(taken.map(({ task }) => task)).toEqual(tasks.slice(0, given))
  return { open: tasks.map((task) => ({ run: 'r1', task })) }
}

describe('ringForLost', () => {
  it('rings for what a host had that nobody knows of, and leaves alone what waits', async () => {
    const { open } = await prepare('lost', ['a', 'b', 'c'], 2)
    const waits = await findBell(test.bus, { agent: 'lost', task: 'c' })
    const { rung } = await ringForLost(test.bus, 'lost', {
      open,
      held: 0,
      givenOut: (waits?.sequence ?? 0) - 1,
    })
    expect(rung.map(({ task }) => task)).toEqual(['a', 'b'])
    expect(await findBell(test.bus, { agent: 'lost', task: 'c' })).toEqual(waits)
    const again = await take(takeTasks(test.bus, 'lost', { maxConcurrent: 3 }), 3)
    expect(again.map(({ task }) => task)).toEqual(['c', 'a', 'b'])
  })

  it('leaves alone what was given out since the last look: its host has yet to say so', async () => {
    const { open } = await prepare('quick', ['g', 'h'], 2)
    const [g, h] = await Promise.all(['g', 'h'].map((task) => findBell(test.bus, { agent: 'quick', task })))
    const first = await ringForLost(test.bus, 'quick', { open, held: 0, givenOut: g?.sequence ?? 0 })
    expect(first).toEqual({ rung: [{ run: 'r1', task: 'g' }], givenOut: h?.sequence })
    const { rung } = await ringForLost(test.bus, 'quick', { open, held: 0, givenOut: first.givenOut })
    expect(rung.map(({ task }) => task)).toEqual(['h'])
  })

  it('rings for what has no bell at all', async () => {
    const { open } = await prepare('mute', ['d'], 0)
    const bell = await findBell(test.bus, { agent: 'mute', task: 'd' })
    await removeBell(test.bus, bell?.sequence ?? 0)
    await ringForLost(test.bus, 'mute', { open, held: 0, givenOut: 0 })
    expect((await findBell(test.bus, { agent: 'mute', task: 'd' }))?.ring.task).toBe('d')
  })

  it('asks for no bell where the counts say that none is lost', async () => {
    const { open } = await prepare('calm', ['e', 'f'], 1)
    const looked = await ringForLost(test.bus, 'calm', { open: open.slice(1), held: 1, givenOut: 0 })
    expect(looked.rung).toEqual([])
    expect((await test.bus.jsm.consumers.info('TASK', 'calm')).num_ack_pending).toBe(1)
  })
})
