import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { handOver } from '../queue/hand-over.ts'
import { prepareQueue } from '../queue/prepare-queue.ts'
import { ringTask } from '../queue/ring-task.ts'
import { takeTasks } from '../queue/take-tasks.ts'
import { announceAgent } from './announce-agent.ts'
import { listTools, registerTool, unregisterTool } from './tools.ts'
import { listAgents, watchAgents } from './watch-agents.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

const card = {
  name: 'analyst',
  description: 'counts',
  level: 5 as const,
  tools: [],
  delegates: [],
  imports: [],
}
function presence(host: string) {
  return { card, host, pid: process.pid, slots: 2, busy: 0, startedAt: 1 }
}

describe('the registry of agents', () => {
  it('shows who comes, changes, leaves, and falls silent', async () => {
    const controller = new AbortController()
    let seen: AgentPresence[] | undefined
    const watching = (async () => {
      for await (const agents of watchAgents(test.bus, { silenceMs: 600, signal: controller.signal }))
        seen = agents
    })()
    await until(() => seen, 'the first look')
    expect(seen).toEqual([])
    const leaves = await announceAgent(test.bus, presence('leaves'), { everyMs: 100 })
    const dying = await test.connect('dying')
    const dies = await announceAgent(dying, presence('dies'), { everyMs: 100 })
    await until(() => seen?.length === 2, 'both hosts')
    await dies.update({ busy: 2 })
    await until(() => seen?.find(({ host }) => host === 'dies')?.busy === 2, 'the change')
    await leaves[Symbol.asyncDispose]()
    await until(() => seen?.length === 1, 'the one that leaves')
    await dying.close()
    await until(() => seen?.length === 0, 'the one that dies')
    controller.abort()
    await watching
  })

  it("hands a dead host's tasks to the next one at once", async () => {
    await prepareQueue(test.bus, 'analyst', { ackWaitMs: 60_000 })
    await ringTask(test.bus, { agent: 'analyst', run: 'r1', task: 'r1-a', ring: 1 })
    const dying = await test.connect('dying')
    await announceAgent(dying, presence('holder'))
    await take(takeTasks(dying, 'analyst'), 1)
    const dead = await until(async () => {
      const agents = await listAgents(test.bus)
      return agents.find(({ host, held }) => host === 'holder' && held['r1-a'] !== undefined)
    }, 'the task in the heartbeat')
    await dying.close()
    await handOver(test.bus, dead)
    const [delivery] = await take(takeTasks(test.bus, 'analyst'), 1)
    expect(delivery).toMatchObject({ task: 'r1-a', redelivered: true, attempts: 2 })
    await delivery?.ack()
  })
})

describe('the registry of tools', () => {
  it('lists what is registered, until it is withdrawn', async () => {
    const tool = {
      name: 'population',
      description: 'of a country',
      input: { type: 'object' },
      effect: 'none' as const,
    }
    await registerTool(test.bus, tool, { host: 'outside' })
    expect(await listTools(test.bus)).toMatchObject([{ card: tool, host: 'outside' }])
    await unregisterTool(test.bus, 'population')
    expect(await listTools(test.bus)).toEqual([])
  })
})
