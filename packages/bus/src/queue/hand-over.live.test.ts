import type { JournalRecord } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, created, startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import { openJournal } from '../journal/open-journal.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { announceAgent } from '../registry/announce-agent.ts'
import { listAgents } from '../registry/watch-agents.ts'
import { listDead } from './dead-tasks.ts'
import { handOver } from './hand-over.ts'
import { prepareQueue } from './prepare-queue.ts'
import { ringTask } from './ring-task.ts'
import { takeTasks } from './take-tasks.ts'
import type { TaskDelivery } from './task-delivery.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

async function prepare(agent: string, maxDeliver = 10) {
  await prepareQueue(test.bus, agent, { ackWaitMs: 60_000, maxDeliver })
  const journal = openJournal(test.bus, { writer: agent, run: 'r1', task: `${agent}-t` })
  await journal.append([created({ run: 'r1', task: `${agent}-t`, agent })])
  await ringTask(test.bus, { agent, run: 'r1', task: `${agent}-t`, ring: 1 })
  let hosts = 0
  return {
    /** Starts a host that takes the task and dies. Returns its presence at that moment. */
    async dies({ begins }: { begins: boolean }): Promise<{ delivery: TaskDelivery; dead: AgentPresence }> {
      const host = `${agent}-${++hosts}`
      const bus = await test.connect(host)
      const [delivery] = await take(takeTasks(bus, agent), 1)
      if (delivery === undefined) throw new Error('no delivery')
      if (begins) {
        const own = openJournal(bus, { writer: agent, run: 'r1', task: delivery.task })
        await all(own.read())
        await own.append([attempt(hosts, host)])
      }
      const dead = { card: { name: agent }, host, held: bus.held.list() } as AgentPresence
      await bus.close()
      return { delivery, dead }
    },
    state: async () => await test.bus.jsm.consumers.info('TASK', agent),
  }
}

function attempt(number: number, host: string): JournalRecord {
  const engine = { node: '', v8: '', bailiwick: '' }
  return { type: 'task.started', at: 0, attempt: number, host, engine, level: 5 }
}

describe('handOver', () => {
  it("redelivers the tasks in a dead host's last heartbeat at once", async () => {
    await prepareQueue(test.bus, 'analyst', { ackWaitMs: 60_000 })
    await ringTask(test.bus, { agent: 'analyst', run: 'r1', task: 'r1-a', ring: 1 })
    const dying = await test.connect('dying')
    const card = {
      name: 'analyst',
      description: '',
      level: 5 as const,
      tools: [],
      delegates: [],
      imports: [],
    }
    await announceAgent(dying, { card, host: 'holder', pid: 1, slots: 2, busy: 0, startedAt: 1 })
    await take(takeTasks(dying, 'analyst'), 1)
    const dead = await until(async () => {
      const agents = await listAgents(test.bus)
      return agents.find(({ host, held }) => host === 'holder' && held['r1-a'] !== undefined)
    }, 'the task in the heartbeat')
    await dying.close()
    await handOver(test.bus, dead)
    const [delivery] = await take(takeTasks(test.bus, 'analyst'), 1)
    expect(delivery).toMatchObject({ task: 'r1-a', redelivered: true, attempts: 2 })
    delivery?.ack()
  })

  it('leaves a task with its next host if it is called again, even by another coordinator', async () => {
    const queue = await prepare('heir')
    const { dead } = await queue.dies({ begins: true })
    const other = await test.connect('other-coordinator')
    await Promise.all([handOver(test.bus, dead), handOver(other, dead)])
    const controller = new AbortController()
    const taken: TaskDelivery[] = []
    const taking = (async () => {
      const options = { maxConcurrent: 2, signal: controller.signal }
      for await (const delivery of takeTasks(test.bus, 'heir', options)) taken.push(delivery)
    })()
    await until(() => taken[0], 'the task, at its next host')
    await handOver(test.bus, dead)
    await ringTask(test.bus, { agent: 'heir', run: 'r1', task: 'heir-last', ring: 1 })
    await until(() => taken[1], 'another task')
    expect(taken.map(({ task }) => task)).toEqual(['heir-t', 'heir-last'])
    for (const delivery of taken) delivery.ack()
    await test.bus.outbox.flush()
    // The tasks are settled, so nothing is redelivered.
    await handOver(test.bus, dead)
    expect(await queue.state()).toMatchObject({ num_pending: 0, num_ack_pending: 0 })
    controller.abort()
    await taking
  })

  it('does not count hosts that died after they began the task, however many there are', async () => {
    const queue = await prepare('long', 2)
    for (let n = 0; n < 5; n++) {
      const { delivery, dead } = await queue.dies({ begins: true })
      expect(delivery.attempts).toBe(1)
      await handOver(test.bus, dead)
    }
    const [last] = await take(takeTasks(test.bus, 'long'), 1)
    expect(last).toMatchObject({ task: 'long-t', redelivered: true, attempts: 1 })
    last?.ack()
    expect(await listDead(test.bus)).toEqual([])
  })

  it('counts hosts that died before they began the task, until it becomes a dead letter', async () => {
    const queue = await prepare('poison', 3)
    for (let n = 0; n < 3; n++) {
      const { delivery, dead } = await queue.dies({ begins: false })
      expect(delivery.attempts).toBe(n + 1)
      await handOver(test.bus, dead)
    }
    const controller = new AbortController()
    const waiting = take(takeTasks(test.bus, 'poison', { signal: controller.signal }), 1)
    const dead = await until(async () => (await listDead(test.bus))[0], 'the dead letter')
    expect(dead).toMatchObject({ agent: 'poison', task: 'poison-t', attempts: 3 })
    expect(dead.reason).toBe('delivered 3 times and never begun')
    controller.abort()
    expect(await waiting).toEqual([])
  })

  it('does not touch the tasks of other agents that a host claims to hold', async () => {
    const queue = await prepare('victim')
    const { dead } = await queue.dies({ begins: false })
    const liar = { ...dead, card: { ...dead.card, name: 'liar' } }
    await handOver(test.bus, liar)
    const forged = Object.fromEntries(
      Object.entries(dead.held).map(([task, on]) => [task, on.replace('.victim.', '.liar.')]),
    )
    await handOver(test.bus, { ...liar, held: forged })
    expect(await queue.state()).toMatchObject({ num_pending: 0, num_ack_pending: 1 })
  })
})
