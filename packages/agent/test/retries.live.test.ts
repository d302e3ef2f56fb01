import { followLive, handOver, listAgents } from '@bailiwick/bus'
import type { ToolCard } from '@bailiwick/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import worker from './agents/worker.ts'
import { openHosts } from './host-process.ts'
import { grantOf, startTestBus, type TestBus, until } from './test-bus.ts'

vi.setConfig({ testTimeout: 300_000 })

let test: TestBus
beforeAll(async () => {
  test = await startTestBus('worker')
})
afterAll(() => test[Symbol.asyncDispose]())

const REPLIES = [
  '<code>\nconst price = await rate({ currency: "NOK" })\n</code>',
  '<code>\nfinalAnswer(price)\n</code>',
]

const CARD: ToolCard = {
  name: 'rate',
  description: 'The rate of a currency.',
  input: { type: 'object', properties: { currency: { type: 'string' } } },
  effect: 'idempotent',
}
const GRANT = { ...grantOf(worker), tools: [CARD] }

/** Hosts the tool as a service in any language does. It is busy for the first calls. Returns the keys of all calls. */
async function hostBusyTool(retryAfterMs: number, failures: number) {
  const keys: string[] = []
  const calls = test.bus.connection.subscribe('bailiwick.v1.tool.rate.*', {
    queue: 'host',
    callback: (_, message) => {
      keys.push(message.json<{ key: string }>().key)
      const error = { code: 'transient', message: '503 try again', retryAfterMs }
      const reply = keys.length <= failures ? { ok: false, error } : { ok: true, value: 11.5 }
      message.respond(JSON.stringify(reply))
    },
  })
  await test.bus.connection.flush()
  return { keys, [Symbol.dispose]: () => calls.unsubscribe() }
}

it('calls a busy tool of another process again, before the model learns of it', async () => {
  using tool = await hostBusyTool(20, 2)
  await using hosts = await openHosts(test, { worker: { t1: REPLIES } })
  await hosts.start('worker.ts')
  const spec = await test.give({ task: 'busy', agent: 'worker', grant: GRANT })
  expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 11.5 })
  expect(tool.keys).toEqual(Array(3).fill('busy/1.1'))
  const records = await test.journal(spec)
  expect(records.filter(({ type }) => type === 'call.started')).toHaveLength(1)
  expect(records.filter(({ type }) => type === 'call.ended')).toMatchObject([{ ok: true, value: '11.5' }])
})

it('continues a call in the next host if its host is killed in the pause', async () => {
  using tool = await hostBusyTool(59_000, 1)
  await using hosts = await openHosts(test, { worker: { t1: REPLIES } })
  const first = await hosts.start('worker.ts')
  const spec = await test.give({ task: 'killed', agent: 'worker', grant: GRANT })
  const waits: string[] = []
  const stop = new AbortController()
  const seen = (async () => {
    for await (const { event } of followLive(test.bus, { signal: stop.signal })) {
      if (event.type === 'waiting') waits.push(event.text)
    }
  })()
  await until(() => tool.keys.length === 1, 'the first call')
  const dead = (await listAgents(test.bus)).find(({ pid }) => pid === first.child.pid)
  await until(() => waits.length === 1, 'the pause')
  first.child.kill('SIGKILL')
  await first.ended
  await hosts.start('worker.ts')
  if (dead !== undefined) await handOver(test.bus, dead)
  expect(await test.result(spec)).toMatchObject({ status: 'completed', output: 11.5 })
  stop.abort()
  await seen.catch(() => {})
  expect(tool.keys).toEqual(['killed/1.1', 'killed/1.1'])
  expect(waits).toEqual(['rate: 503 try again, attempt 2 of 6 in 59 s'])
  const records = await test.journal(spec)
  expect(records.filter(({ type }) => type === 'task.started')).toHaveLength(2)
  expect(records.filter(({ type }) => type === 'call.ended')).toMatchObject([{ ok: true, value: '11.5' }])
})
