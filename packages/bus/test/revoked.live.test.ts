import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectOptions, connectBus } from '../src/connect/connect-bus.ts'
import {
  followEvents,
  followLive,
  openJournal,
  permissionsFor,
  prepareQueue,
  projectJournal,
  putArtifact,
  type RoleGrant,
  requestRun,
  takeTasks,
  userName,
  watchAgents,
} from '../src/index.ts'
import { planned, startTestBus, type TestBus, take, until } from './test-bus.ts'

let test: TestBus
let folder: string
beforeAll(async () => {
  test = await startTestBus()
  folder = await mkdtemp(join(tmpdir(), 'bus-withdrawn-'))
})
afterAll(async () => {
  await test?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const mint = (grant: RoleGrant) =>
  test.server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })

/** Connects with credentials from a file, which can be withdrawn and made anew. */
async function connectAs(grant: RoleGrant, options: Partial<ConnectOptions>) {
  const credsFile = join(folder, `${userName(grant)}.creds`)
  const user = await mint(grant)
  await writeFile(credsFile, user.creds)
  const bus = await connectBus({ url: test.server.url, credsFile, name: userName(grant), ...options })
  return {
    bus,
    credsFile,
    withdraw: () => test.server.revoke(user.publicKey),
    renew: async () => writeFile(credsFile, (await mint(grant)).creds),
  }
}

const AUTH = { code: 'bus-auth', message: expect.stringMatching(/refuses these credentials/) }

describe('a user whose credentials are withdrawn', () => {
  it('is told so wherever it waits, and nobody else is', async () => {
    const { bus, withdraw } = await connectAs({ role: 'user' }, { refusedMs: 200 })
    await using _ = bus
    const other = await connectAs({ role: 'reader' }, { refusedMs: 200 })
    await using reader = other.bus
    const goesOn = take(followEvents(reader), 1)
    const waiting = [
      take(followEvents(bus), 1),
      take(followEvents(bus, { from: 'beginning' }), 1_000),
      take(followLive(bus), 1),
      // The first view is of what is there already.
      take(watchAgents(bus), 2),
    ]
    await bus.connection.flush()
    await withdraw()
    for (const outcome of await Promise.allSettled(waiting))
      expect(outcome).toMatchObject({ status: 'rejected', reason: AUTH })
    // What it begins now as well: it is known by then.
    await expect(take(followEvents(bus), 1)).rejects.toMatchObject(AUTH)
    await expect(requestRun(bus, 'list', {})).rejects.toMatchObject(AUTH)
    const file = { writer: 'user', key: 'r/x', name: 'x', mediaType: 'text/plain', bytes: Buffer.from('x') }
    await expect(putArtifact(bus, file)).rejects.toMatchObject(AUTH)

    const ended = new AbortController()
    const projecting = projectJournal(test.bus, ended.signal)
    await openJournal(test.bus, { writer: 'coordinator', run: 'r1', task: 'run' }).append([planned('x')])
    expect(await goesOn).toHaveLength(1)
    ended.abort()
    await projecting
  })

  it('goes on where it was once it has new ones, on the same connection', async () => {
    const { bus, credsFile, withdraw, renew } = await connectAs(
      { role: 'reader', name: 'renewed' },
      { refusedMs: 200 },
    )
    await using _ = bus
    const followed = take(followEvents(bus), 1)
    await bus.connection.flush()
    await withdraw()
    await expect(followed).rejects.toMatchObject(AUTH)
    // It may be read while somebody writes it, or between the old file and the new one.
    for (const spoil of [() => writeFile(credsFile, '-----BEGIN NATS'), () => rm(credsFile)]) {
      await spoil()
      let attempts = 0
      for await (const { type } of bus.connection.status())
        if (type === 'reconnecting' && ++attempts === 2) break
      expect(bus.connection.isClosed()).toBe(false)
    }
    await renew()
    await until(() => bus.link.up, 'the connection')
    expect(await take(watchAgents(bus), 1)).toEqual([[]])
  })

  it('hears nothing where they are renewed in time', async () => {
    const { bus, withdraw, renew } = await connectAs({ role: 'reader', name: 'quick' }, { refusedMs: 5_000 })
    await using _ = bus
    const followed = take(followEvents(bus), 1)
    await bus.connection.flush()
    const { promise: refused, resolve } = Promise.withResolvers<void>()
    bus.link.onRefused(() => resolve())
    await withdraw()
    await refused
    await renew()
    await until(() => bus.link.up, 'the connection')
    const ended = new AbortController()
    const projecting = projectJournal(test.bus, ended.signal)
    await openJournal(test.bus, { writer: 'coordinator', run: 'r2', task: 'run' }).append([planned('x')])
    expect(await followed).toHaveLength(1)
    ended.abort()
    await projecting
  })
})

describe('a host whose credentials are withdrawn', () => {
  const grant: RoleGrant = { role: 'host', agent: 'worker', level: 3, tools: [] }

  it('takes no more tasks, and says why', async () => {
    await prepareQueue(test.bus, 'worker')
    const { bus, withdraw } = await connectAs(grant, { refusedMs: 200 })
    await using _ = bus
    const taken = take(takeTasks(bus, 'worker'), 1)
    await bus.connection.flush()
    await withdraw()
    await expect(taken).rejects.toMatchObject(AUTH)
  })

  it('loses no record where it was told to wait for new ones', async () => {
    const { bus, withdraw, renew } = await connectAs(grant, { refusedMs: Number.POSITIVE_INFINITY })
    await using _ = bus
    const { promise: refused, resolve } = Promise.withResolvers<void>()
    bus.link.onRefused(() => resolve())
    const journal = openJournal(bus, { writer: 'worker', run: 'r3', task: 'r3-w' })
    await journal.append([planned('before')])
    await withdraw()
    await refused
    const appended = journal.append([planned('after')])
    await renew()
    await appended
    expect(
      (await test.bus.jsm.streams.info('JOURNAL', { subjects_filter: '>' })).state.subjects,
    ).toMatchObject({ 'bailiwick.v1.journal.worker.r3.r3-w': 2 })
  })
})
