import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jwtServerConfig, nkeyServerConfig } from '@bailiwick/nats-server'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionsFor, type RoleGrant, userName } from '../protocol/index.ts'
import { prepareStreams } from '../streams/prepare-streams.ts'
import { checkServer } from './check-server.ts'
import { connectBus } from './connect-bus.ts'
import { connectFromEnv } from './connect-from-env.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-foreign-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const users = (['coordinator', 'user'] as const)
  .map((role): RoleGrant => ({ role }))
  .map((grant) => ({
    name: userName(grant),
    permissions: permissionsFor(grant),
  }))

async function file(name: string, text = ''): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text, { mode: 0o600 })
  return path
}

/** Writes a self-signed certificate for loopback, and returns its files. */
async function certificate(name: string) {
  const names = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ]
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: names }],
  })
  return { cert: await file(`${name}.pem`, made.cert), key: await file(`${name}-key.pem`, made.private) }
}

describe.each([
  ['nkeys in its accounts', () => nkeyServerConfig(users)],
  ['JWTs of an operator', () => jwtServerConfig(join(folder, 'keys'), users)],
] as const)('a server with %s', (_, make) => {
  it('connects each user under its name, with its permissions', async () => {
    const { config, credentials } = await make()
    await using server = await startExternalServer(config)
    const of = async (user: string) => ({
      NATS_URL: server.url,
      NATS_CREDS: await file(user, credentials.get(user)),
    })
    await using coordinator = await connectFromEnv('coordinator', await of('coordinator'))
    expect(coordinator.user).toBe('coordinator')
    await prepareStreams(coordinator)
    await using user = await connectFromEnv('user', await of('user'))
    expect(user.user).toBe('user')
    await expect(user.jsm.streams.info('JOURNAL')).rejects.toThrow()
    expect((await coordinator.jsm.streams.info('JOURNAL')).config.name).toBe('JOURNAL')
    await expect(connectBus({ url: server.url, name: 'nobody' })).rejects.toMatchObject({ code: 'bus-auth' })
    const own = await of('coordinator')
    expect(await checkServer({ url: server.url, credsFile: own.NATS_CREDS, name: 'doctor' })).toMatchObject({
      problems: [],
    })
  })
})

describe('a server with a user and a password', () => {
  it('reads user and password from the URL', async () => {
    await using server = await startExternalServer(
      'accounts { A { jetstream: enabled, users: [{ user: "coordinator", password: "p@ss" }] } }',
    )
    const url = (password: string) =>
      server.url.replace('//', `//coordinator:${encodeURIComponent(password)}@`)
    await using bus = await connectFromEnv('coordinator', { NATS_URL: url('p@ss') })
    expect(bus.user).toBe('coordinator')
    await prepareStreams(bus)
    const wrong = connectFromEnv('coordinator', { NATS_URL: url('secret') })
    await expect(wrong).rejects.toMatchObject({
      code: 'bus-auth',
      message: expect.not.stringContaining('secret'),
    })
  })
})

describe('a server with TLS', () => {
  it('checks certificates on both sides', async () => {
    const [server, client] = await Promise.all([certificate('server'), certificate('client')])
    const tls = `cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${client.cert}", verify: true`
    await using running = await startExternalServer(`tls { ${tls} }`)
    const env = { NATS_URL: running.url.replace('nats:', 'tls:'), NATS_CA: server.cert }
    const pair = { NATS_CERT: client.cert, NATS_KEY: client.key }
    await using bus = await connectFromEnv('x', { ...env, ...pair })
    await prepareStreams(bus)
    await expect(connectFromEnv('x', { ...env, NATS_CERT: client.cert })).rejects.toThrow(
      'Expected both NATS_CERT and NATS_KEY',
    )
    await expect(connectFromEnv('x', env, { waitMs: 100 })).rejects.toMatchObject({ code: 'bus-unreachable' })
    const stranger = { ...env, ...pair, NATS_CA: client.cert }
    await expect(connectFromEnv('x', stranger, { waitMs: 100 })).rejects.toMatchObject({
      code: 'bus-unreachable',
      message: expect.stringMatching(/certificate/),
    })
  })
})

describe('checkServer', () => {
  it('lists what a server lacks, and which settings to change', async () => {
    const { config, credentials } = await jwtServerConfig(join(folder, 'small'), users, {
      maxPayload: 1_024,
      maxControlLine: 4_096,
    })
    await using server = await startExternalServer(config)
    const creds = credentials.get('coordinator') ?? ''
    const { problems } = await checkServer({ url: server.url, creds, name: 'doctor' })
    expect(problems).toEqual([
      expect.stringMatching(/^Expected max_payload of at least \d+, found 1024\./),
      expect.stringMatching(/^The server refuses lines of 32768 bytes\. Set max_control_line/),
    ])
  })

  it('reports an account without JetStream', async () => {
    await using server = await startExternalServer('accounts { A { users: [{ user: "a", password: "b" }] } }')
    const url = server.url.replace('//', '//a:b@')
    const { problems } = await checkServer({ url, name: 'doctor' })
    expect(problems).toEqual([expect.stringMatching(/^These credentials cannot use JetStream/)])
  })
})
