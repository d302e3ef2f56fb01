import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningNatsServer } from './running-server.ts'
import { startNatsServer } from './start-nats-server.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nats-life-'))
})

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

async function connectAs(server: RunningNatsServer, name = 'test') {
  const { creds, publicKey } = await server.credentials({ name })
  const connection = await connect({
    servers: server.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  })
  return { connection, publicKey }
}

function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  )
}

describe('startNatsServer', () => {
  it('keeps keys and configuration to their owner', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    expect(server.adopted).toBe(false)
    for (const name of ['keys.json', 'nats.conf']) {
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600)
    }
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  })

  it('refuses who has no credentials', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/authorization/i)
  })

  it('loses no acknowledged message when it is killed, and keeps its port', async () => {
    let port: number
    {
      await using server = await startNatsServer({ dataDir, port: 0 })
      port = server.port
      const { connection } = await connectAs(server)
      const manager = await jetstreamManager(connection)
      await manager.streams.add({ name: 'S', subjects: ['s.>'] })
      const js = jetstream(connection)
      for (let i = 0; i < 100; i += 1) await js.publish(`s.${i}`, String(i))
      process.kill(server.pid, 'SIGKILL')
      await server.exited
      await connection.closed()
    }
    await using again = await startNatsServer({ dataDir })
    expect(again.port).toBe(port)
    const { connection } = await connectAs(again)
    const { state } = await (await jetstreamManager(connection)).streams.info('S')
    expect(state.messages).toBe(100)
    await connection.close()
  })

  it('refuses a second start on one data directory, and allows it after the stop', async () => {
    const server = await startNatsServer({ dataDir, port: 0 })
    expect(await codeOf(startNatsServer({ dataDir, port: 0 }))).toBe('store-locked')
    await server.stop()
    const again = await startNatsServer({ dataDir, port: 0 })
    await again.stop()
  })

  it('adopts the server that was left running, connections and all', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    const { connection } = await connectAs(first)
    await first.release()
    await using second = await startNatsServer({ dataDir })
    expect(second).toMatchObject({ adopted: true, pid: first.pid, url: first.url })
    expect(connection.isClosed()).toBe(false)
    await connection.flush()
    await connection.close()
  })

  it('says which port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const failure = startNatsServer({ dataDir, port })
    await expect(failure).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(String(port)),
    })
    holder.close()
  })

  it('takes the next free port where the remembered one is taken', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    const { port } = first
    await first.stop()
    const holder = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    await using second = await startNatsServer({ dataDir })
    expect(second.port).not.toBe(port)
    holder.close()
  })

  it('ends a revoked user at once, and refuses it after a restart', async () => {
    let creds: string
    {
      await using server = await startNatsServer({ dataDir, port: 0 })
      const user = await server.credentials({ name: 'short-lived' })
      creds = user.creds
      const authenticator = credsAuthenticator(new TextEncoder().encode(creds))
      const connection = await connect({ servers: server.url, authenticator, reconnect: false })
      await server.revoke(user.publicKey)
      await connection.closed()
    }
    await using again = await startNatsServer({ dataDir })
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds))
    await expect(connect({ servers: again.url, authenticator, reconnect: false })).rejects.toThrow(
      /authorization/i,
    )
  })

  it('holds a user to its permissions and to its time', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    const { creds } = await server.credentials({
      name: 'narrow',
      permissions: { publish: { allow: ['mine.>'] }, subscribe: { allow: ['_INBOX.>'] } },
      expiresInSeconds: 2,
    })
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds))
    const connection = await connect({ servers: server.url, authenticator, reconnect: false })
    await expect(connection.request('yours.x', '', { timeout: 5_000 })).rejects.toThrow(
      /permissions violation/i,
    )
    await expect(connection.request('mine.x', '', { timeout: 5_000 })).rejects.toThrow(/no responders/i)
    await connection.closed() // Ended by the server when the time is over.
  })

  it('shows the server its own last words when it cannot start', async () => {
    const failure = startNatsServer({
      dataDir,
      port: 0,
      binary: { path: '/bin/false', version: '2.15.1', source: 'env' },
    })
    await expect(failure).rejects.toMatchObject({ code: 'start-failed' })
  })
})
