import {
  connectBus,
  listTools,
  permissionsFor,
  prepareStreams,
  type RoleGrant,
  remoteTool,
  userName,
} from '@bailiwick/bus'
import type { Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { toolsFromModule } from '../module/tools-from-module.ts'
import { hostTools } from './host-tools.ts'

const stack = new AsyncDisposableStack()
const server = stack.use(await startTestServer())
const connect = async (grant: RoleGrant) => {
  const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
  const bus = await connectBus({ url: server.url, creds, name: userName(grant) })
  stack.defer(() => bus.close())
  return bus
}
afterAll(() => stack.disposeAsync())

const coordinator = await connect({ role: 'coordinator' })
await prepareStreams(coordinator)

/** Calls tools like the host of an agent that may use them. */
async function callerOf(tools: readonly Tool[]) {
  const names = tools.map(({ name }) => name)
  const analyst = await connect({ role: 'host', agent: 'analyst', level: 5, tools: names })
  const { signal } = new AbortController()
  return async (name: string, input: unknown) => {
    const context = { id: '1.1', key: 't/1.1', caller: 'analyst', run: 'r', task: 't', signal }
    const card = tools.find((tool) => tool.name === name)
    return card && remoteTool(analyst, card, 'analyst').run(input, context)
  }
}

/** A tool whose calls last until the test ends them, or until they are aborted. */
function pendingTool() {
  const started = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<string>()
  const tool = defineTool({
    name: 'pending',
    description: 'Waits.',
    input: z.object({}),
    effect: 'none',
    async run(_, { signal }) {
      signal.addEventListener('abort', () => finish.reject(signal.reason))
      started.resolve()
      return finish.promise
    },
  })
  return { tool, started, finish }
}

it('hosts the functions of a file until it is disposed of', async () => {
  const tools = await toolsFromModule(new URL('../../test/module/geography.ts', import.meta.url))
  const names = tools.map(({ name }) => name)
  const call = await callerOf(tools)
  const chad = { name: 'Chad', population: 20, continent: 'Africa', neighbours: [] }

  {
    const bus = await connect({ role: 'tool-host', name: 'geography', tools: names })
    await using _ = await hostTools(bus, tools)
    const listed = await listTools(coordinator)
    expect(listed.map(({ card, host }) => [card.name, host]).sort()).toEqual(
      names.map((name) => [name, 'geography']).sort(),
    )
    expect(await call('addCountry', chad)).toEqual({ key: 't/1.1', name: 'Chad' })
    await expect(call('addCountry', { name: 'Chad' })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('population'),
    })
  }
  expect(await listTools(coordinator)).toEqual([])
  await expect(call('addCountry', chad)).rejects.toMatchObject({ code: 'no-responder' })
})

it('lets open calls finish when it is disposed of', async () => {
  const { tool, started, finish } = pendingTool()
  const call = await callerOf([tool])
  const hosted = await hostTools(
    await connect({ role: 'tool-host', name: 'geography', tools: [tool.name] }),
    [tool],
  )
  const open = call(tool.name, {})
  await started.promise
  const disposed = hosted[Symbol.asyncDispose]()
  await expect.poll(() => listTools(coordinator)).toEqual([])
  finish.resolve('done')
  expect(await open).toBe('done')
  await disposed
  await expect(call(tool.name, {})).rejects.toMatchObject({ code: 'no-responder' })
})

it('aborts open calls with its signal', async () => {
  const { tool, started } = pendingTool()
  const call = await callerOf([tool])
  const controller = new AbortController()
  const bus = await connect({ role: 'tool-host', name: 'geography', tools: [tool.name] })
  await using _ = await hostTools(bus, [tool], { signal: controller.signal })
  const open = call(tool.name, {})
  await started.promise
  controller.abort(new Error('the host is shutting down'))
  await expect(open).rejects.toThrow('the host is shutting down')
})
