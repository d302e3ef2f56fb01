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
  it('shows hosts that start, change, shut down, and fall silent', async () => {
    const controller = new AbortController()
    let seen: AgentPresence[] | undefined
    const watching = (async () => {
      for await (const agents of watchAgents(test.bus, { silenceMs: 1_200, signal: controller.signal }))
        seen = agents
    })()
    await until(() => seen, 'the first view')
    expect(seen).toEqual([])
    const leaves = await announceAgent(test.bus, presence('leaves'), { everyMs: 100 })
    const dying = await test.connect('dying')
    const dies = await announceAgent(dying, presence('dies'), { everyMs: 100 })
    await until(() => seen?.length === 2, 'both hosts')
    dies.update({ busy: 2 })
    await until(() => seen?.find(({ host }) => host === 'dies')?.busy === 2, 'the change')
    await leaves[Symbol.asyncDispose]()
    await until(() => seen?.length === 1, 'the host that shuts down to go')
    await dying.close()
    await until(() => seen?.length === 0, 'the host that dies to go')
    controller.abort()
    await watching
  })

  it('keeps hosts after this process itself was stopped', async () => {
    const controller = new AbortController()
    const seen: string[][] = []
    const watching = (async () => {
      for await (const agents of watchAgents(test.bus, { silenceMs: 1_200, signal: controller.signal }))
        seen.push(agents.map(({ host }) => host))
    })()
    await using _alive = await announceAgent(test.bus, presence('alive'), { everyMs: 100 })
    await until(() => seen.at(-1)?.includes('alive'), 'the host')
    const before = seen.length
    // Blocks this process for longer than the silence after which a host is dropped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_800)
    await until(() => seen.length > before + 3, 'more heartbeats')
    expect(seen.slice(before).every((hosts) => hosts.includes('alive'))).toBe(true)
    controller.abort()
    await watching
  })

  it('drops a host that was silent from the start after half the time', async () => {
    const silent = { everyMs: 60_000 }
    await announceAgent(test.bus, presence('known'), silent)
    const views: { hosts: string[]; at: number }[] = []
    const goneAt = (host: string) => {
      const last = views.findLastIndex(({ hosts }) => hosts.includes(host))
      return last < 0 ? 0 : (views[last + 1]?.at ?? 0)
    }
    for await (const agents of watchAgents(test.bus, { silenceMs: 2_000 })) {
      views.push({ hosts: agents.map(({ host }) => host), at: performance.now() })
      if (views.length === 1) await announceAgent(test.bus, presence('new'), silent)
      else if (goneAt('known') > 0 && goneAt('new') > 0) break
    }
    expect(goneAt('new') - goneAt('known')).toBeGreaterThan(500)
  })
})

describe('the registry of tools', () => {
  it('lists a tool until it is removed', async () => {
    const tool = {
      name: 'population',
      description: 'of a country',
      input: { type: 'object' },
      effect: 'none' as const,
    }
    await registerTool(test.bus, tool, { host: 'outside' })
    expect(await listTools(test.bus)).toEqual([{ card: tool, host: 'outside', at: expect.any(Number) }])
    // The registration sets `signs`, not the author.
    await registerTool(test.bus, tool, { host: 'outside', signs: true })
    expect(await listTools(test.bus)).toMatchObject([{ card: { ...tool, signs: true } }])
    await registerTool(test.bus, { ...tool, signs: true }, { host: 'outside' })
    expect((await listTools(test.bus))[0]?.card).toEqual(tool)
    await unregisterTool(test.bus, 'population')
    expect(await listTools(test.bus)).toEqual([])
  })
})
