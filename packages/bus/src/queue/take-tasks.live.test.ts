import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { all, created, planned, startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import { openJournal } from '../journal/open-journal.ts'
import { readFirst } from '../journal/read-first.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { prepareQueue } from './prepare-queue.ts'
import { ringTask } from './ring-task.ts'
import { takeTasks } from './take-tasks.ts'
import { openDelivery, type TaskDelivery } from './task-delivery.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** Collects deliveries in the background. */
function collect(agent: string, maxConcurrent: number): { taken: TaskDelivery[]; stop(): Promise<void> } {
  const controller = new AbortController()
  const taken: TaskDelivery[] = []
  const done = (async () => {
    const options = { maxConcurrent, signal: controller.signal }
    for await (const delivery of takeTasks(test.bus, agent, options)) taken.push(delivery)
  })()
  return {
    taken,
    async stop() {
      controller.abort()
      await done
    },
  }
}

describe('the queue', () => {
  it('delivers a task again after a retry, and not after an ack', async () => {
    await prepareQueue(test.bus, 'one')
    await ringTask(test.bus, { agent: 'one', run: 'r1', task: 'r1-a', ring: 1 })
    const { taken, stop } = collect('one', 1)
    const first = await until(() => taken[0], 'the first delivery')
    expect(first).toMatchObject({ run: 'r1', task: 'r1-a', redelivered: false, attempts: 1 })
    first.retry(1)
    const second = await until(() => taken[1], 'the second delivery')
    expect(second).toMatchObject({ task: 'r1-a', redelivered: true, attempts: 2 })
    second.ack()
    await ringTask(test.bus, { agent: 'one', run: 'r1', task: 'r1-b', ring: 1 })
    expect((await until(() => taken[2], 'the next task')).task).toBe('r1-b')
    taken[2]?.ack()
    await stop()
  })

  it('does not redeliver a task while its host works on it', async () => {
    await prepareQueue(test.bus, 'busy', { ackWaitMs: 3_000 })
    for (const task of ['r1-works', 'r1-mute']) {
      await ringTask(test.bus, { agent: 'busy', run: 'r1', task, ring: 1 })
    }
    const [works] = await take(takeTasks(test.bus, 'busy'), 1)
    // Delivered later, to a host that sends no signs. Its redelivery shows that the acknowledgement time has passed.
    const mute = await (await test.bus.js.consumers.get('TASK', 'busy')).next()
    expect([works?.task, mute?.subject]).toEqual(['r1-works', SUBJECTS.task('busy', 'r1-mute')])
    const { taken, stop } = collect('busy', 2)
    const again = await until(() => taken.find(({ task }) => task === 'r1-mute'), 'the task of the mute host')
    expect(again.attempts).toBe(2)
    expect(taken.map(({ task }) => task)).toEqual(['r1-mute'])
    again.ack()
    works?.ack()
    await stop()
  })

  it('delays each retry longer than the previous one, up to 30 s', async () => {
    const settlements: string[] = []
    const settleOn = '_INBOX.settled'
    const settled = test.bus.connection.subscribe(settleOn, {
      callback: (_, message) => void settlements.push(message.string()),
    })
    const hooks = { settled() {}, releaseSlot: () => async () => {}, workingMs: 60_000, maxDeliver: 100 }
    const data = JSON.stringify({ v: 1, run: 'r1', task: 'r1-later', ring: 1 })
    for (const attempts of [1, 2, 3, 50]) {
      const subject = SUBJECTS.task('later', 'r1-later')
      openDelivery(test.bus, { subject, data, attempts, settleOn }, hooks)?.retry()
    }
    await until(() => settlements.length === 4, 'the settlements')
    const delays = settlements.map((text) => Number(/^-NAK \{"delay": (\d+)\}$/.exec(text)?.[1]) / 1e6)
    for (const [n, longest] of [500, 1_000, 2_000, 30_000].entries()) {
      expect(delays[n]).toBeGreaterThanOrEqual(longest * 0.75)
      expect(delays[n]).toBeLessThanOrEqual(longest)
    }
    settled.unsubscribe()
  })

  it('frees one slot while calls of a task wait, and carries decisions with the bell, also past a dead host', async () => {
    await prepareQueue(test.bus, 'waits')
    const decisions = [{ call: '1.1', decision: 'approve' as const, by: 'user' }]
    await ringTask(test.bus, { agent: 'waits', run: 'r1', task: 'r1-w', ring: 1, decisions })
    for (const task of ['r1-x', 'r1-y', 'r1-z'])
      await ringTask(test.bus, { agent: 'waits', run: 'r1', task, ring: 1 })
    const { taken, stop } = collect('waits', 1)
    const first = await until(() => taken[0], 'the first task')
    expect(first).toMatchObject({ task: 'r1-w', decisions })
    const waits = [first.releaseSlot(), first.releaseSlot()]
    const second = await until(() => taken[1], 'the second task')
    for (const ends of waits) void ends()
    second.ack()
    // The first task took its slot back, so the third can only begin when that ends.
    await test.bus.connection.flush()
    expect(taken).toHaveLength(2)
    const again = first.releaseSlot()
    await until(() => taken[2], 'the third task')
    // A task that is settled while it waits has no slot to give.
    first.ack()
    void again()
    await test.bus.connection.flush()
    expect(taken).toHaveLength(3)
    taken[2]?.ack()
    ;(await until(() => taken[3], 'the fourth task')).ack()
    await stop()
  })

  it('does not count a task that arrives when its slot has been taken back', async () => {
    await prepareQueue(test.bus, 'early')
    await ringTask(test.bus, { agent: 'early', run: 'r1', task: 'r1-first', ring: 1 })
    const { taken, stop } = collect('early', 1)
    const first = await until(() => taken[0], 'the first task')
    const back = first.releaseSlot()
    // Its slot pulls the next task now, and the server has the pull.
    await test.bus.connection.flush()
    void back()
    await ringTask(test.bus, { agent: 'early', run: 'r1', task: 'r1-next', ring: 1 })
    await test.bus.connection.flush()
    first.ack()
    expect(await until(() => taken[1], 'the next task')).toMatchObject({ task: 'r1-next', attempts: 1 })
    taken[1]?.ack()
    await stop()
  })

  it('gives a task that it cannot begin soon to another host', async () => {
    await prepareQueue(test.bus, 'shared')
    await ringTask(test.bus, { agent: 'shared', run: 'r1', task: 'r1-long', ring: 1 })
    const { taken, stop } = collect('shared', 1)
    const long = await until(() => taken[0], 'the first task')
    const back = long.releaseSlot()
    await test.bus.connection.flush()
    void back()
    await ringTask(test.bus, { agent: 'shared', run: 'r1', task: 'r1-elsewhere', ring: 1 })
    await test.bus.connection.flush()
    const [next] = await take(takeTasks(test.bus, 'shared'), 1)
    expect(next).toMatchObject({ task: 'r1-elsewhere', attempts: 2 })
    next?.ack()
    long.ack()
    await stop()
  })

  it('returns a task that is delivered while its taker stops, so that the next one gets it at once', async () => {
    await prepareQueue(test.bus, 'parting')
    for (let n = 0; n < 50; n++) {
      const bus = await test.connect('parting')
      const controller = new AbortController()
      const taken: TaskDelivery[] = []
      const taking = (async () => {
        const options = { maxConcurrent: 4, signal: controller.signal }
        for await (const delivery of takeTasks(bus, 'parting', options)) taken.push(delivery)
        await bus.drain()
      })()
      const waiting = async () => (await test.bus.jsm.consumers.info('TASK', 'parting')).num_waiting
      await until(async () => (await waiting()) >= 4, 'the pulls')
      await Promise.all([
        ringTask(test.bus, { agent: 'parting', run: 'r1', task: `r1-p${n}`, ring: 1 }),
        // A growing part of the time that a bell takes, so that some stop while it is on its way.
        new Promise((resolve) => setTimeout(resolve, n % 5)).then(() => controller.abort()),
      ])
      await taking
      for (const delivery of taken) delivery.ack()
      if (taken.length > 0) continue
      const [next] = await take(takeTasks(test.bus, 'parting'), 1)
      expect(next).toMatchObject({ task: `r1-p${n}` })
      next?.ack()
      await test.bus.outbox.flush()
    }
  }, 25_000) // Less than the time after which the server delivers a lost task again.

  it('delivers a task once however often it is rung, and again after it was settled', async () => {
    await prepareQueue(test.bus, 'bell')
    for (const ring of [1, 1, 2]) await ringTask(test.bus, { agent: 'bell', run: 'r1', task: 'r1-c', ring })
    const { taken, stop } = collect('bell', 5)
    ;(await until(() => taken[0], 'the task')).ack()
    const pending = async () => (await test.bus.jsm.consumers.info('TASK', 'bell')).num_ack_pending
    await until(async () => (await pending()) === 0, 'the task to be settled')
    await ringTask(test.bus, { agent: 'bell', run: 'r1', task: 'r1-c', ring: 3 })
    await until(() => taken[1], 'the second delivery')
    expect(taken).toHaveLength(2)
    taken[1]?.ack()
    await stop()
  })

  it('holds at most its maximum of tasks, and releases the slot of a waiting task', async () => {
    await prepareQueue(test.bus, 'slots')
    for (const task of ['r1-d', 'r1-e', 'r1-f']) {
      await ringTask(test.bus, { agent: 'slots', run: 'r1', task, ring: 1 })
    }
    const { taken, stop } = collect('slots', 1)
    const first = await until(() => taken[0], 'the first task')
    expect((await test.bus.jsm.consumers.info('TASK', 'slots')).num_ack_pending).toBe(1)
    const goOn = first.releaseSlot()
    const second = await until(() => taken[1], 'the second task')
    let back = false
    const returned = goOn().then(() => {
      back = true
    })
    expect(back).toBe(false)
    second.ack()
    await returned
    first.ack()
    ;(await until(() => taken[2], 'the third task')).ack()
    await stop()
  })

  it('gives a slot back at once to a task that continues while no other task comes', async () => {
    await prepareQueue(test.bus, 'back')
    await ringTask(test.bus, { agent: 'back', run: 'r1', task: 'r8-a', ring: 1 })
    const { taken, stop } = collect('back', 1)
    const first = await until(() => taken[0], 'the task')
    const takeBack = first.releaseSlot()
    // A pull takes the free slot and waits at the server for half a minute, longer than this test may take.
    await until(
      async () => ((await test.bus.jsm.consumers.info('TASK', 'back')).num_waiting > 0 ? true : undefined),
      'the idle pull',
    )
    await takeBack()
    await ringTask(test.bus, { agent: 'back', run: 'r1', task: 'r8-b', ring: 1 })
    first.ack()
    expect((await until(() => taken[1], 'the next task')).task).toBe('r8-b')
    taken[1]?.ack()
    await stop()
  }, 25_000)

  it('finds the run of a task by its bell', async () => {
    await prepareQueue(test.bus, 'known')
    await openJournal(test.bus, { writer: 'known', run: 'r2', task: 'r2-a' }).append([
      created({ run: 'r2', task: 'r2-a', agent: 'known' }),
    ])
    await expect(readFirst(test.bus, { writer: 'known', task: 'r2-a' })).rejects.toThrow('no task r2-a')
    await ringTask(test.bus, { agent: 'known', run: 'r2', task: 'r2-a', ring: 1 })
    const first = await readFirst(test.bus, { writer: 'known', task: 'r2-a' })
    expect(first).toMatchObject({ run: 'r2', record: { type: 'task.created' } })
  })

  it('starts a new task without reading its journal, and reads it on a redelivery', async () => {
    await prepareQueue(test.bus, 'quick')
    const address = { writer: 'quick', run: 'r3', task: 'r3-a' }
    const first = created({ run: 'r3', task: 'r3-a', agent: 'quick' })
    await openJournal(test.bus, address).append([first])
    await ringTask(test.bus, { agent: 'quick', run: 'r3', task: 'r3-a', ring: Date.now() })
    const host = await test.connect('quick')
    const [delivery] = await take(takeTasks(host, 'quick'), 1)
    const made = vi.spyOn(host.jsm.consumers, 'add')
    const journal = openJournal(host, address)
    expect(await all(journal.read())).toEqual([first])
    expect(made).not.toHaveBeenCalled()
    await journal.append([planned('one')])
    expect(await all(openJournal(host, address).read())).toEqual([first, planned('one')])
    expect(made).toHaveBeenCalled()
    delivery?.retry(1)
    const [again] = await take(takeTasks(host, 'quick'), 1)
    expect(await all(openJournal(host, address).read())).toEqual([first, planned('one')])
    again?.ack()
  })

  it('keeps its tasks when its settings change', async () => {
    await prepareQueue(test.bus, 'grown', { maxDeliver: 3 })
    await ringTask(test.bus, { agent: 'grown', run: 'r1', task: 'r1-grown', ring: 1 })
    await prepareQueue(test.bus, 'grown', { maxDeliver: 7, ackWaitMs: 10_000 })
    const { config, num_pending } = await test.bus.jsm.consumers.info('TASK', 'grown')
    expect(config).toMatchObject({ max_deliver: 7, ack_wait: 10_000 * 1e6 })
    expect(num_pending).toBe(1)
  })

  it('explains that an agent has no queue', async () => {
    await expect(take(takeTasks(test.bus, 'nobody'), 1)).rejects.toMatchObject({ code: 'bus-unprepared' })
  })
})
