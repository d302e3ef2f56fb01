import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jwtServerConfig, nkeyServerConfig } from '../server/external-server-config.ts'
import { connectWith } from '../testing/connect-with.ts'
import { startExternalServer } from '../testing/start-external-server.ts'
import { startTestServer } from '../testing/start-test-server.ts'
import { startNatsServer } from './start-nats-server.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nats-users-'))
})

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

it('disconnects only the revoked user, and still refuses it after a restart', async () => {
  let creds: string
  {
    await using server = await startNatsServer({ dataDir, port: 0 })
    const user = await server.credentials({ name: 'short-lived' })
    creds = user.creds
    const connection = await connectWith(server, creds)
    const other = await connectWith(server, (await server.credentials({ name: 'other' })).creds)
    await server.revoke(user.publicKey)
    await connection.closed()
    await expect(connectWith(server, creds)).rejects.toThrow(/authorization/i)
    await other.flush()
    expect(other.isClosed()).toBe(false)
    await other.close()
  }
  await using again = await startNatsServer({ dataDir })
  await expect(connectWith(again, creds)).rejects.toThrow(/authorization/i)
})

it('refuses a user who was revoked before the first connection', async () => {
  await using server = await startTestServer()
  const user = await server.credentials({ name: 'early' })
  await server.revoke(user.publicKey)
  await expect(connectWith(server, user.creds)).rejects.toThrow(/authorization/i)
})

it('revokes several users at once', async () => {
  await using server = await startTestServer()
  const users = await Promise.all(['a', 'b', 'c', 'd'].map((name) => server.credentials({ name })))
  await Promise.all(users.map(({ publicKey }) => server.revoke(publicKey)))
  for (const { creds } of users) await expect(connectWith(server, creds)).rejects.toThrow(/authorization/i)
})

it('saves a revocation that a stopped server did not receive', async () => {
  const server = await startNatsServer({ dataDir, port: 0 })
  const user = await server.credentials({ name: 'late' })
  await server.stop()
  await expect(server.revoke(user.publicKey)).rejects.toMatchObject({ code: 'not-running' })
  await using again = await startNatsServer({ dataDir })
  await expect(connectWith(again, user.creds)).rejects.toThrow(/authorization/i)
})

it('revokes only users', async () => {
  await using server = await startTestServer()
  await expect(server.revoke(server.account)).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(server.revoke('')).rejects.toMatchObject({ code: 'bad-argument' })
})

it('enforces the permissions and the expiry of a user', async () => {
  await using server = await startTestServer()
  const { creds } = await server.credentials({
    name: 'narrow',
    permissions: { publish: { allow: ['mine.>'] }, subscribe: { allow: ['_INBOX.>'] } },
    expiresInSeconds: 2,
  })
  const connection = await connectWith(server, creds)
  await expect(connection.request('yours.x', '', { timeout: 5_000 })).rejects.toThrow(
    /permissions violation/i,
  )
  await expect(connection.request('mine.x', '', { timeout: 5_000 })).rejects.toThrow(/no responders/i)
  await connection.closed() // The server disconnects it when its credentials expire.
})

it('lets a user with an empty allow list publish only its granted replies', async () => {
  await using server = await startTestServer()
  const service = await server.credentials({
    name: 'service',
    permissions: { publish: { allow: [] }, responses: { max: 1, ttlMs: 5_000 } },
  })
  const host = await connectWith(server, service.creds)
  host.subscribe('ask', { callback: (_error, message) => void message.respond('answer') })
  await host.flush()
  const caller = await connectWith(server, (await server.credentials({ name: 'caller' })).creds)
  expect((await caller.request('ask', '', { timeout: 5_000 })).string()).toBe('answer')
  await expect(host.request('other', '', { timeout: 5_000 })).rejects.toThrow(/permissions violation/i)
  await Promise.all([host.close(), caller.close()])
})

it('accepts credentials with hundreds of subjects', async () => {
  await using server = await startTestServer()
  const allow = Array.from(
    { length: 400 },
    (_, index) => `tenant.some.subject.of.a.granted.tool.number.${index}`,
  )
  const { creds } = await server.credentials({ name: 'wide', permissions: { publish: { allow } } })
  const connection = await connectWith(server, creds)
  await connection.flush()
  await connection.close()
})

it('keeps signing keys out of the server configuration', async () => {
  await using server = await startTestServer()
  const config = await readFile(join(server.dataDir, 'nats.conf'), 'utf8')
  const { seeds } = JSON.parse(await readFile(join(server.dataDir, 'keys.json'), 'utf8'))
  for (const seed of Object.values(seeds)) expect(config).not.toContain(seed)
  expect(config).not.toMatch(/\bS[OAU][A-Z2-7]{50,}/)
})

it('rejects a lifetime that is not positive', async () => {
  await using server = await startTestServer()
  for (const expiresInSeconds of [0, -1, Number.NaN]) {
    await expect(server.credentials({ name: 'x', expiresInSeconds })).rejects.toMatchObject({
      code: 'bad-argument',
    })
  }
})

describe('the limits of the account', () => {
  const limits = { connections: 3, subscriptions: 5, streams: 1, consumers: 2 }
  const user = { name: 'greedy' }

  const served = {
    'of a started server': async () => {
      const server = await startTestServer({ limits })
      return { server, creds: (await server.credentials(user)).creds }
    },
    'of an external server with JWTs': async () => {
      const { config, credentials } = await jwtServerConfig(join(dataDir, 'keys'), [user], limits)
      return { server: await startExternalServer(config), creds: credentials.get('greedy') ?? '' }
    },
    'of an external server with nkeys': async () => {
      const { config, credentials } = nkeyServerConfig([user], limits)
      return { server: await startExternalServer(config), creds: credentials.get('greedy') ?? '' }
    },
  }

  it.each(Object.entries(served))('%s are enforced without affecting existing users', async (_, serve) => {
    const { server, creds } = await serve()
    await using _server = server
    const authenticator = creds.includes('JWT')
      ? credsAuthenticator(Buffer.from(creds))
      : nkeyAuthenticator(Buffer.from(creds.split('\n')[1] ?? ''))
    const open = () => connect({ servers: server.url, authenticator, reconnect: false })
    const first = await open()
    const others = [await open(), await open()]
    // The error is either the reason or the closed connection, whichever reaches the client first.
    await expect(open()).rejects.toThrow()
    for (const each of others) await each.close()

    const ask = async (subject: string, payload: object) =>
      (await first.request(`$JS.API.${subject}`, JSON.stringify(payload), { timeout: 5_000 })).string()
    expect(await ask('STREAM.CREATE.A', { name: 'A', subjects: ['a'] })).toContain('"config"')
    expect(await ask('STREAM.CREATE.B', { name: 'B', subjects: ['b'] })).toMatch(/maximum number of streams/)
    const reader = (name: string) =>
      ask(`CONSUMER.CREATE.A.${name}`, { stream_name: 'A', config: { name, ack_policy: 'none' } })
    for (const name of ['x', 'y']) expect(await reader(name)).toContain('"config"')
    expect(await reader('z')).toMatch(/maximum consumers limit reached/)

    const greedy = await open()
    for (let n = 0; n < 6; n++) greedy.subscribe(`many.${n}`, { callback: () => {} })
    await Promise.race([
      greedy.closed(),
      (async () => {
        for await (const status of greedy.status()) if (status.type === 'error') return
      })(),
    ])
    await greedy.close()
    await first.flush()
    await first.close()
  })
})
