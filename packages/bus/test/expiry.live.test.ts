import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tool } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectBus } from '../src/connect/connect-bus.ts'
import {
  openJournal,
  permissionsFor,
  prepareQueue,
  type RoleGrant,
  remoteTool,
  ringTask,
  serveTool,
  takeTasks,
  userName,
} from '../src/index.ts'
import { all, created, planned, startTestBus, type TestBus } from './test-bus.ts'

let test: TestBus
let folder: string
beforeAll(async () => {
  test = await startTestBus()
  folder = await mkdtemp(join(tmpdir(), 'bus-expiry-'))
})
afterAll(async () => {
  await test[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const host: RoleGrant = { role: 'host', agent: 'worker', level: 5, tools: ['send'] }

/** Creates credentials that expire. */
async function ending(grant: RoleGrant, expiresInSeconds: number): Promise<string> {
  const user = { name: userName(grant), permissions: permissionsFor(grant), expiresInSeconds }
  return (await test.server.credentials(user)).creds
}

describe('credentials that expire', () => {
  it('do not disturb a working host if they are renewed: it keeps its task, calls and records', async () => {
    const file = join(folder, 'worker.creds')
    let toolboxCreds = await ending({ role: 'toolbox', tools: ['send'] }, 3)
    await writeFile(file, await ending(host, 3))
    const renewing = setInterval(async () => {
      await writeFile(file, await ending(host, 3))
      toolboxCreds = await ending({ role: 'toolbox', tools: ['send'] }, 3)
    }, 500)
    const { url } = test.server
    await using worker = await connectBus({ url, credsFile: file, name: 'worker' })
    await using toolbox = await connectBus({ url, creds: () => toolboxCreds, name: 'toolbox' })
    const breaks = { worker: 0, toolbox: 0 }
    worker.link.onReconnect(() => breaks.worker++)
    toolbox.link.onReconnect(() => breaks.toolbox++)
    const refused: string[] = []
    for (const bus of [worker, toolbox]) bus.link.onRefused(({ message }) => refused.push(message))

    await prepareQueue(test.bus, 'worker')
    const address = { writer: 'worker', run: 'r1', task: 'r1-w' }
    await openJournal(test.bus, address).append([created({ run: 'r1', task: 'r1-w', agent: 'worker' })])
    await ringTask(test.bus, { agent: 'worker', run: 'r1', task: 'r1-w', ring: 1 })
    const tasks = takeTasks(worker, 'worker')[Symbol.asyncIterator]()
    const { value: delivery } = await tasks.next()
    const journal = openJournal(worker, address)
    expect(await all(journal.read())).toHaveLength(1)
    const begun: string[] = []
    const send: Tool = {
      name: 'send',
      description: '-',
      input: {},
      effect: 'once',
      async run(_, { key }) {
        begun.push(key)
        await sleep(200)
        return key
      },
    }
    await using _ = await serveTool(toolbox, send)
    const keys: string[] = []
    while (breaks.worker < 3 || breaks.toolbox < 3) {
      const key = `1.${keys.length}`
      keys.push(key)
      const signal = AbortSignal.timeout(20_000)
      const context = { id: key, key, caller: 'worker', run: 'r1', task: 'r1-w', signal }
      // With a broken connection, the outcome of the call would be unknown.
      expect(await remoteTool(worker, send, 'worker').run({}, context)).toBe(key)
      await journal.append([planned(key)])
    }
    clearInterval(renewing)
    const next = tasks.next()
    await ringTask(test.bus, { agent: 'worker', run: 'r1', task: 'r1-next', ring: 1 })
    delivery?.ack()
    expect((await next).value?.task).toBe('r1-next')
    expect(begun).toEqual(keys)
    const records = await all(openJournal(test.bus, address).read())
    expect(records.slice(1)).toEqual(keys.map((key) => planned(key)))
    expect(refused).toEqual([])
    await tasks.return?.(undefined)
  })

  it('are refused with an explanation if they are not renewed, at the first connection and later', async () => {
    const grant: RoleGrant = { role: 'reader', name: 'short' }
    const creds = await ending(grant, 1)
    const { url } = test.server
    const bus = await connectBus({ url, creds, name: 'short' })
    const { promise: told, resolve } = Promise.withResolvers<Error>()
    const messages: string[] = []
    bus.link.onRefused((error) => {
      messages.push(error.message)
      resolve(error)
    })
    const wanted = { code: 'bus-auth', message: expect.stringMatching(/they expired at 20.*`bailiwick env`/) }
    expect(await told).toMatchObject(wanted)
    await expect(connectBus({ url, creds, name: 'short' })).rejects.toMatchObject(wanted)
    // Reported once, although the client keeps retrying.
    let attempts = 0
    for await (const { type } of bus.connection.status()) {
      if (type === 'reconnecting' && ++attempts === 3) break
    }
    expect(messages).toHaveLength(1)
    await bus.close()
  })
})
