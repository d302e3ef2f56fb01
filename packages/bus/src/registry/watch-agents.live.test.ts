import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { announceAgent } from './announce-agent.ts'
import { listTools, registerTool, unregisterTool } from './tools.ts'
import { watchAgents } from './watch-agents.ts'

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
    dies.update({ busy: 2 })
    await until(() => seen?.find(({ host }) => host === 'dies')?.busy === 2, 'the change')
    await leaves[Symbol.asyncDispose]()
    await until(() => seen?.length === 1, 'the one that leaves')
    await dying.close()
    await until(() => seen?.length === 0, 'the one that dies')
    controller.abort()
    await watching
  })

  it('does not take hosts for dead because this process was stopped itself', async () => {
    const controller = new AbortController()
    const seen: string[][] = []
    const watching = (async () => {
      for await (const agents of watchAgents(test.bus, { silenceMs: 600, signal: controller.signal }))
        seen.push(agents.map(({ host }) => host))
    })()
    await using _alive = await announceAgent(test.bus, presence('alive'), { everyMs: 100 })
    await until(() => seen.at(-1)?.includes('alive'), 'the host')
    const before = seen.length
    // Nothing runs here, and nothing is read: longer than the silence after which a host is dropped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900)
    await until(() => seen.length > before + 3, 'more heartbeats')
    expect(seen.slice(before).every((hosts) => hosts.includes('alive'))).toBe(true)
    controller.abort()
    await watching
  })

  it('gives a host of which it only knows from before half the time to say something', async () => {
    await announceAgent(test.bus, presence('silent'), { everyMs: 60_000 })
    const began = Date.now()
    for await (const agents of watchAgents(test.bus, { silenceMs: 2_000 })) {
      if (!agents.some(({ host }) => host === 'silent')) break
    }
    expect(Date.now() - began).toBeGreaterThan(900)
    expect(Date.now() - began).toBeLessThan(1_900)
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
    expect(await listTools(test.bus)).toEqual([{ card: tool, host: 'outside', at: expect.any(Number) }])
    // That it says when it is at work is the registration's word, not the author's.
    await registerTool(test.bus, tool, { host: 'outside', signs: true })
    expect(await listTools(test.bus)).toMatchObject([{ card: { ...tool, signs: true } }])
    await registerTool(test.bus, { ...tool, signs: true }, { host: 'outside' })
    expect((await listTools(test.bus))[0]?.card).toEqual(tool)
    await unregisterTool(test.bus, 'population')
    expect(await listTools(test.bus)).toEqual([])
  })
})
