import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  connectBus,
  listTools,
  permissionsFor,
  prepareStreams,
  type RoleGrant,
  remoteTool,
  userName,
} from '@bailiwick/bus'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'

const here = new URL('..', import.meta.url)

it('runs the example of the README', async () => {
  const readme = await readFile(new URL('README.md', here), 'utf8')
  const [functions = '', main = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code = '']) => code,
  )

  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startTestServer())
  const credentials = async (grant: RoleGrant) =>
    (await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })).creds
  const connect = async (grant: RoleGrant) => {
    const bus = await connectBus({ url: server.url, creds: await credentials(grant), name: userName(grant) })
    stack.defer(() => bus.close())
    return bus
  }
  const coordinator = await connect({ role: 'coordinator' })
  await prepareStreams(coordinator)

  const folder = await mkdtemp(join(tmpdir(), 'tools-readme-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const env = { NATS_URL: server.url, NATS_CREDS: join(folder, 'host.creds') }
  const grant: RoleGrant = { role: 'tool-host', name: 'geography', tools: ['population'] }
  await writeFile(env.NATS_CREDS, await credentials(grant), { mode: 0o600 })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'geography.ts'), functions)
  await writeFile(join(folder, 'main.ts'), main)
  await mkdir(join(folder, 'node_modules'))
  const packages = fileURLToPath(new URL('node_modules/@bailiwick', here))
  await mkdir(join(folder, 'node_modules', '@bailiwick'))
  await symlink(join(packages, 'bus'), join(folder, 'node_modules', '@bailiwick', 'bus'), 'junction')
  await symlink(fileURLToPath(here), join(folder, 'node_modules', '@bailiwick', 'tools'), 'junction')

  const host = spawn(process.execPath, [...process.execArgv, 'main.ts'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exit = once(host, 'exit')
  while ((await listTools(coordinator)).length === 0 && host.exitCode === null) await sleep(20)
  const [registered] = await listTools(coordinator)
  expect(registered?.card).toMatchObject({ name: 'population', effect: 'none' })
  const agent = await connect({ role: 'host', agent: 'analyst', level: 5, tools: ['population'] })
  const context = { id: '1.1', key: 't/1.1', caller: 'analyst', run: 'r', task: 't' }
  const { signal } = new AbortController()
  const tool = registered && remoteTool(agent, registered.card, 'analyst')
  expect(await tool?.run({ country: 'Norway' }, { ...context, signal })).toBe(5.6)
  host.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
  expect(await listTools(coordinator)).toEqual([])
})
