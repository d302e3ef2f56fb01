import {
  connectBus,
  listTools,
  permissionsFor,
  prepareStreams,
  prepareWriter,
  type RoleGrant,
  remoteTool,
  userName,
} from '@bailiwick/bus'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { afterAll, expect, it } from 'vitest'
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

it('hosts the functions of a file until it is disposed', async () => {
  const coordinator = await connect({ role: 'coordinator' })
  await prepareStreams(coordinator)
  await prepareWriter(coordinator, 'geography')
  const tools = await toolsFromModule(new URL('../../test/module/geography.ts', import.meta.url))
  const names = tools.map(({ name }) => name)
  const analyst = await connect({ role: 'host', agent: 'analyst', level: 5, tools: names })
  const { signal } = new AbortController()
  const call = async (input: unknown) => {
    const context = { id: '1.1', key: 't/1.1', caller: 'analyst', run: 'r', task: 't', signal }
    const card = tools.find(({ name }) => name === 'addCountry')
    return card && remoteTool(analyst, card, 'analyst').run(input, context)
  }
  const chad = { name: 'Chad', population: 20, continent: 'Africa', neighbours: [] }

  {
    const bus = await connect({ role: 'tool-host', name: 'geography', tools: names })
    await using _ = await hostTools(bus, tools)
    const listed = await listTools(coordinator)
    expect(listed.map(({ card, host }) => [card.name, host]).sort()).toEqual(
      names.map((name) => [name, 'geography']).sort(),
    )
    expect(await call(chad)).toEqual({ key: 't/1.1', name: 'Chad' })
    await expect(call({ name: 'Chad' })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('population'),
    })
  }
  expect(await listTools(coordinator)).toEqual([])
  await expect(call(chad)).rejects.toMatchObject({ code: 'no-responder' })
})
