import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import { listDead, retryDead } from './dead-tasks.ts'
import { prepareQueue } from './prepare-queue.ts'
import { ringTask } from './ring-task.ts'
import { takeTasks } from './take-tasks.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus({ maxQueued: 3 })
})
afterAll(() => test[Symbol.asyncDispose]())

describe('dead tasks', () => {
  it('lists a rejected task with its reason, until it is retried', async () => {
    await prepareQueue(test.bus, 'picky')
    await ringTask(test.bus, { agent: 'picky', run: 'r1', task: 'r1-a', ring: 1 })
    const [first] = await take(takeTasks(test.bus, 'picky'), 1)
    first?.reject('the journal has diverged')
    const dead = await until(async () => (await listDead(test.bus))[0], 'the dead letter')
    expect(dead).toMatchObject({
      agent: 'picky',
      run: 'r1',
      task: 'r1-a',
      reason: 'the journal has diverged',
    })
    await retryDead(test.bus, 'r1-a')
    expect(await listDead(test.bus)).toEqual([])
    const [again] = await take(takeTasks(test.bus, 'picky'), 1)
    expect(again).toMatchObject({ task: 'r1-a', redelivered: false })
    again?.ack()
    await expect(retryDead(test.bus, 'r1-a')).rejects.toThrow('No dead task r1-a.')
  })

  it('lists a task that reached its maximum of deliveries', async () => {
    await prepareQueue(test.bus, 'flaky', { maxDeliver: 2 })
    await ringTask(test.bus, { agent: 'flaky', run: 'r1', task: 'r1-b', ring: 1 })
    for (let n = 0; n < 2; n++) {
      const [delivery] = await take(takeTasks(test.bus, 'flaky'), 1)
      delivery?.retry(1)
    }
    // The server notices at the next pull.
    const controller = new AbortController()
    const waiting = take(takeTasks(test.bus, 'flaky', { signal: controller.signal }), 1)
    const dead = await until(async () => (await listDead(test.bus))[0], 'the dead letter')
    expect(dead).toMatchObject({ agent: 'flaky', task: 'r1-b', attempts: 2 })
    await retryDead(test.bus, 'r1-b')
    expect((await waiting)[0]).toMatchObject({ task: 'r1-b', attempts: 1 })
    controller.abort()
  })

  it('lists a task that failed every time, with the last reason, and never counts it as lost', async () => {
    await prepareQueue(test.bus, 'failing', { maxDeliver: 2 })
    await ringTask(test.bus, { agent: 'failing', run: 'r1', task: 'r1-c', ring: 1 })
    const host = await test.connect('failing')
    for (let n = 1; n <= 2; n++) {
      const [delivery] = await take(takeTasks(host, 'failing'), 1)
      delivery?.fail(`no sandbox (${n})`)
      expect(Object.keys(host.held.list())).toEqual(['r1-c'])
    }
    const dead = await until(async () => (await listDead(test.bus))[0], 'the dead letter')
    expect(dead).toMatchObject({ agent: 'failing', task: 'r1-c', attempts: 2, reason: 'no sandbox (2)' })
    await until(() => Object.keys(host.held.list()).length === 0, 'the task to be released')
    await retryDead(test.bus, 'r1-c')
  })

  it('explains a full queue', async () => {
    await prepareQueue(test.bus, 'slow')
    const full = (async () => {
      for (let n = 0; n < 4; n++)
        await ringTask(test.bus, { agent: 'slow', run: 'r1', task: `r1-${n}`, ring: 1 })
    })()
    await expect(full).rejects.toMatchObject({
      code: 'queue-full',
      message: expect.stringContaining('maxQueued'),
    })
    // A task that waits in the queue keeps its place.
    await ringTask(test.bus, { agent: 'slow', run: 'r1', task: 'r1-0', ring: 2 })
  })
})
