import { resolve } from 'node:path'
import { InputError } from '@bailiwick/contract'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { describe, expect, it, vi } from 'vitest'
import { startTestBus } from '../../test/test-bus.ts'
import { prepareStreams } from '../streams/prepare-streams.ts'
import { connectBus } from './connect-bus.ts'
import { accessFromEnv, connectFromEnv } from './connect-from-env.ts'

describe('connectBus', () => {
  it('says what to do if no server replies, without the password', async () => {
    const asked = connectBus({ url: 'nats://me:secret@127.0.0.1:1', name: 'x', waitMs: 100 })
    await expect(asked).rejects.toMatchObject({
      code: 'bus-unreachable',
      message: expect.stringMatching(/^(?!.*secret).*bailiwick up/s),
    })
  })

  it('stops retrying when aborted', async () => {
    const signal = AbortSignal.timeout(50)
    const asked = connectBus({ url: 'nats://127.0.0.1:1', name: 'x', waitMs: 60_000, signal })
    await expect(asked).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|TimeoutError/) })
  })

  it('distinguishes refused credentials from an absent server', async () => {
    await using server = await startTestServer()
    await using other = await startTestServer()
    const { creds } = await other.credentials({ name: 'stranger' })
    await expect(connectBus({ url: server.url, creds, name: 'x' })).rejects.toMatchObject({
      code: 'bus-auth',
    })
    await expect(connectBus({ url: server.url, creds: 'nonsense', name: 'x' })).rejects.toBeInstanceOf(
      InputError,
    )
  })

  it('closes if the server dies while it drains', async () => {
    await using server = await startTestServer()
    const { creds } = await server.credentials({ name: 'x' })
    const bus = await connectBus({ url: server.url, creds, name: 'x' })
    bus.connection.subscribe('bailiwick.v1.live.>')
    // The connection does not know yet.
    process.kill(server.pid, 'SIGKILL')
    await bus[Symbol.asyncDispose]()
    expect(bus.connection.isClosed()).toBe(true)
  })

  it.each(['', 'http://127.0.0.1', 'nats://'])('rejects the URL "%s"', async (url) => {
    await expect(connectBus({ url, name: 'x' })).rejects.toBeInstanceOf(InputError)
  })
})

describe('connectFromEnv', () => {
  it('names the missing variable', async () => {
    await expect(connectFromEnv('x', {})).rejects.toThrow('NATS_URL is not set')
    const env = { NATS_URL: 'nats://127.0.0.1:1', NATS_CREDS: '/nowhere/x.creds' }
    await expect(connectFromEnv('x', env)).rejects.toThrow('/nowhere/x.creds')
  })
})

describe('accessFromEnv', () => {
  it('prefers the environment, ignores empty variables, and resolves paths from the current folder', () => {
    const env = { NATS_URL: '', NATS_CREDS: 'x.creds', NATS_CA: 'ca.pem', NATS_CERT: '' }
    expect(
      accessFromEnv(env, { NATS_URL: 'nats://a', NATS_CA: '/b/ca.pem', NATS_CERT: '/b/cert.pem' }),
    ).toEqual({
      url: 'nats://a',
      credsFile: resolve('x.creds'),
      tls: { NATS_CA: resolve('ca.pem'), NATS_CERT: '/b/cert.pem' },
    })
    expect(accessFromEnv({})).toEqual({ tls: {} })
  })
})

describe('prepareStreams', () => {
  it('updates existing streams to new limits once', async () => {
    await using test = await startTestBus()
    await prepareStreams(test.bus, { maxQueued: 7 })
    expect((await test.bus.jsm.streams.info('TASK')).config.max_msgs).toBe(7)
    const update = vi.spyOn(test.bus.jsm.streams, 'update')
    await prepareStreams(test.bus, { maxQueued: 7 })
    expect(update.mock.calls).toEqual([])
    await expect(prepareStreams(test.bus, { replicas: 9 })).rejects.toThrow(/replicas/)
  })
})
