import type { Tool } from '@bailiwick/contract'
import { startNatsServer } from '@bailiwick/nats-server'
import { startTestServer, type TestServer } from '@bailiwick/nats-server/testing'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type AgentPresence,
  type Bus,
  connectBus,
  followEvents,
  followJournal,
  handOver,
  openJournal,
  prepareQueue,
  prepareStreams,
  projectJournal,
  putArtifact,
  remoteTool,
  ringTask,
  serveTool,
  takeTasks,
} from '../src/index.ts'
import { all, created, planned, until } from './test-bus.ts'

const cleanUp: (() => PromiseLike<unknown>)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

async function start(): Promise<{ server: TestServer; bus: Bus }> {
  const server = await startTestServer()
  cleanUp.push(() => server[Symbol.asyncDispose]())
  const { creds } = await server.credentials({ name: 'coordinator' })
  const bus = await connectBus({ url: server.url, creds, name: 'coordinator' })
  cleanUp.push(() => bus.close())
  await prepareStreams(bus)
  await prepareQueue(bus, 'analyst')
  return { server, bus }
}

/** Kills the server, and after `awayMs` starts another one on the same port and data. */
async function killAndRestart(server: TestServer, awayMs: number): Promise<void> {
  process.kill(server.pid, 'SIGKILL')
  await server.exited
  await new Promise((resolve) => setTimeout(resolve, awayMs))
  const again = await startNatsServer({ dataDir: server.dataDir, port: Number(new URL(server.url).port) })
  cleanUp.push(() => again.stop())
}

describe('when the server is killed and restarts', () => {
  it('no append is lost or written twice, and followers, queue and events continue', async () => {
    const { server, bus } = await start()
    const controller = new AbortController()
    const { signal } = controller
    const followed: string[] = []
    const events: string[] = []
    const background = [
      (async () => {
        for await (const { records } of followJournal(bus, { run: 'r1', signal })) {
          for (const record of records) if (record.type === 'task.planned') followed.push(record.text)
        }
      })(),
      (async () => {
        for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r1', signal }))
          events.push(event.id)
      })(),
      projectJournal(bus, signal),
    ]
    const tasks = takeTasks(bus, 'analyst', { signal })
    const waiting = tasks.next()

    const address = { writer: 'analyst', run: 'r1', task: 'r1-a' }
    const journal = openJournal(bus, address)
    await journal.append([created({ run: 'r1', task: 'r1-a', agent: 'analyst' })])
    const wanted = Array.from({ length: 150 }, (_, n) => `${n}`)
    const appending = (async () => {
      for (const text of wanted) await journal.append([planned(text)])
    })()
    await until(() => followed.length > 10, 'the first records')
    await killAndRestart(server, 300)
    await appending

    expect((await all(openJournal(bus, address).read())).slice(1)).toEqual(
      wanted.map((text) => planned(text)),
    )
    await until(() => followed.length >= wanted.length, 'the follower')
    expect(followed).toEqual(wanted)
    await ringTask(bus, { agent: 'analyst', run: 'r1', task: 'r1-a', ring: 1 })
    const delivery = await waiting
    expect(delivery.value).toMatchObject({ task: 'r1-a' })
    delivery.value?.ack()
    await until(() => events.length >= wanted.length + 1, 'the events')
    expect(new Set(events).size).toBe(events.length)
    controller.abort()
    await Promise.all(background)
  })

  it('messages that are published meanwhile wait and are not lost', async () => {
    const { server, bus } = await start()
    process.kill(server.pid, 'SIGKILL')
    await server.exited
    await until(() => !bus.link.up, 'the connection to break')
    const journal = openJournal(bus, { writer: 'analyst', run: 'r1', task: 'r1-b' })
    const work = Promise.all([
      journal.append([planned('while away')]),
      ringTask(bus, { agent: 'analyst', run: 'r1', task: 'r1-b', ring: 1 }),
      putArtifact(bus, {
        run: 'r1',
        name: 'a',
        mediaType: 'text/plain',
        bytes: Buffer.from('a'),
      }),
    ])
    const port = Number(new URL(server.url).port)
    const again = await startNatsServer({ dataDir: server.dataDir, port })
    cleanUp.push(() => again.stop())
    await work
    expect((await bus.jsm.streams.info('JOURNAL')).state.messages).toBe(1)
    expect((await bus.jsm.streams.info('TASK')).state.messages).toBe(1)
  })

  it('tasks of a host that died with it are redelivered', async () => {
    const { server, bus } = await start()
    const lost = new AbortController()
    await ringTask(bus, { agent: 'analyst', run: 'r1', task: 'r1-h', ring: 1 })
    const first = await takeTasks(bus, 'analyst', { signal: lost.signal }).next()
    expect(first.value?.task).toBe('r1-h')
    const dead = { card: { name: 'analyst' }, host: 'h1', held: bus.held.list() } as unknown as AgentPresence
    lost.abort()
    const broken = until(() => !bus.link.up, 'the break').then(() => handOver(bus, dead))
    await killAndRestart(server, 100)
    await broken
    // Before its acknowledgement time has passed.
    const next = await takeTasks(bus, 'analyst').next()
    expect(next.value).toMatchObject({ task: 'r1-h', redelivered: true })
    next.value?.ack()
  })

  it('a pending call is repeated, and a call of effect once is waited for', async () => {
    const { server, bus } = await start()
    const { creds } = await server.credentials({ name: 'toolbox' })
    const host = await connectBus({ url: server.url, creds, name: 'toolbox' })
    cleanUp.push(() => host.close())
    const begun: string[] = []
    const hang = Promise.withResolvers<void>()
    const tool = (name: string, effect: 'none' | 'once'): Tool => ({
      name,
      description: name,
      input: { type: 'object' },
      effect,
      async run(_, { key }) {
        begun.push(key)
        if (begun.length <= 2) await hang.promise
        return key
      },
    })
    const context = (key: string) => {
      const { signal } = new AbortController()
      return { id: '1.1', key, caller: 'coordinator', run: 'r1', task: 'r1-t1', signal }
    }
    await using _read = await serveTool(host, tool('read', 'none'))
    await using _send = await serveTool(host, tool('send', 'once'))
    const read = remoteTool(bus, tool('read', 'none'), 'coordinator').run({}, context('read'))
    const send = remoteTool(bus, tool('send', 'once'), 'coordinator').run({}, context('send'))
    await until(() => begun.length === 2, 'both calls at their host')
    await killAndRestart(server, 100)
    await until(() => host.link.up && bus.link.up, 'both connections')
    hang.resolve()
    expect(await send).toBe('send')
    expect(await read).toBe('read')
    expect(begun.filter((key) => key === 'send')).toHaveLength(1)
  })

  it('an operation that waits for it can be aborted', async () => {
    const { server, bus } = await start()
    process.kill(server.pid, 'SIGKILL')
    await server.exited
    const bell = { agent: 'analyst', run: 'r1', task: 'r1-c', ring: 1 }
    const signal = AbortSignal.timeout(200)
    await expect(ringTask(bus, bell, signal)).rejects.toMatchObject({ name: 'TimeoutError' })
    await bus.close()
  })
})
