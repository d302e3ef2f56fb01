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
  folder = await mkdtemp(join(tmpdir(), 'bus-revoked-'))
})
afterAll(async () => {
  await test?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const mint = (grant: RoleGrant) =>
  test.server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })

/** Connects with credentials from a file. They can be revoked and renewed. */
async function connectAs(grant: RoleGrant, options: Partial<ConnectOptions>) {
  const credsFile = join(folder, `${userName(grant)}.creds`)
  const user = await mint(grant)
  await writeFile(credsFile, user.creds)
  const bus = await connectBus({ url: test.server.url, credsFile, name: userName(grant), ...options })
  return {
    bus,
    credsFile,
    revoke: () => test.server.revoke(user.publicKey),
    renew: async () => writeFile(credsFile, (await mint(grant)).creds),
  }
}

const AUTH = { code: 'bus-auth', message: expect.stringMatching(/refuses these credentials/) }

describe('a user whose credentials are revoked', () => {
  it('gets an error in every pending operation, and other users do not', async () => {
    const { bus, revoke } = await connectAs({ role: 'user' }, { refusedMs: 200 })
    await using _ = bus
    const other = await connectAs({ role: 'reader' }, { refusedMs: 200 })
    await using reader = other.bus
    const goesOn = take(followEvents(reader), 1)
    const waiting = [
      take(followEvents(bus), 1),
      take(followEvents(bus, { from: 'beginning' }), 1_000),
      take(followLive(bus), 1),
      // The first view comes at once.
      take(watchAgents(bus), 2),
    ]
    await bus.connection.flush()
    await revoke()
    for (const outcome of await Promise.allSettled(waiting))
      expect(outcome).toMatchObject({ status: 'rejected', reason: AUTH })
    // New operations fail too.
    await expect(take(followEvents(bus), 1)).rejects.toMatchObject(AUTH)
    await expect(requestRun(bus, 'list', {})).rejects.toMatchObject(AUTH)
    const file = { run: 'r', name: 'x', mediaType: 'text/plain', bytes: Buffer.from('x') }
    await expect(putArtifact(bus, file)).rejects.toMatchObject(AUTH)

    const ended = new AbortController()
    const projecting = projectJournal(test.bus, ended.signal)
    await openJournal(test.bus, { writer: 'coordinator', run: 'r1', task: 'run' }).append([planned('x')])
    expect(await goesOn).toHaveLength(1)
    ended.abort()
    await projecting
  })

  it('continues on the same connection after a renewal', async () => {
    const { bus, credsFile, revoke, renew } = await connectAs(
      { role: 'reader', name: 'renewed' },
      { refusedMs: 200 },
    )
    await using _ = bus
    const followed = take(followEvents(bus), 1)
    await bus.connection.flush()
    await revoke()
    await expect(followed).rejects.toMatchObject(AUTH)
    // The file may be read while it is written, or between the old file and the new one.
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

  it('notices nothing if they are renewed in time', async () => {
    const { bus, revoke, renew } = await connectAs({ role: 'reader', name: 'quick' }, { refusedMs: 30_000 })
    await using _ = bus
    const followed = take(followEvents(bus), 1)
    await bus.connection.flush()
    const { promise: refused, resolve } = Promise.withResolvers<void>()
    bus.link.onRefused(() => resolve())
    await revoke()
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

describe('a host whose credentials are revoked', () => {
  const grant: RoleGrant = { role: 'host', agent: 'worker', level: 3, tools: [] }

  it('stops taking tasks, and says why', async () => {
    await prepareQueue(test.bus, 'worker')
    const { bus, revoke } = await connectAs(grant, { refusedMs: 200 })
    await using _ = bus
    const taken = take(takeTasks(bus, 'worker'), 1)
    await bus.connection.flush()
    await revoke()
    await expect(taken).rejects.toMatchObject(AUTH)
  })

  it('loses no record if it waits for new credentials', async () => {
    const { bus, revoke, renew } = await connectAs(grant, { refusedMs: Number.POSITIVE_INFINITY })
    await using _ = bus
    const { promise: refused, resolve } = Promise.withResolvers<void>()
    bus.link.onRefused(() => resolve())
    const journal = openJournal(bus, { writer: 'worker', run: 'r3', task: 'r3-w' })
    await journal.append([planned('before')])
    await revoke()
    await refused
    const appended = journal.append([planned('after')])
    await renew()
    await appended
    expect(
      (await test.bus.jsm.streams.info('JOURNAL', { subjects_filter: '>' })).state.subjects,
    ).toMatchObject({ 'bailiwick.v1.journal.worker.r3.r3-w': 2 })
  })
})
