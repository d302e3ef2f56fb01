import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSameProcess, processExists } from '../process-identity.ts'
import { readServerRecord } from '../store/server-record.ts'
import { connectAsUser, connectWith } from '../testing/connect-with.ts'
import { runModule } from '../testing/run-module.ts'
import { adoptNatsServer, startNatsServer } from './start-nats-server.ts'

let dataDir: string

const hasFlock = (() => {
  try {
    return execFileSync('flock', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
})()

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nats-life-'))
})

afterEach(async () => {
  // A failed test may have left its server running.
  const left = (await readServerRecord(join(dataDir, 'server.json')))?.process
  if (left !== undefined && isSameProcess(left)) process.kill(left.pid, 'SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  )
}

describe('startNatsServer', () => {
  it('lets only the owner read keys and configuration', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    expect(server.adopted).toBe(false)
    for (const name of ['keys.json', 'nats.conf']) {
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600)
    }
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  })

  it('rejects a client without credentials', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/authorization/i)
  })

  it('loses no acknowledged message and keeps its port when it is killed', async () => {
    let port: number
    {
      await using server = await startNatsServer({ dataDir, port: 0 })
      port = server.port
      const { connection } = await connectAsUser(server)
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
    const { connection } = await connectAsUser(again)
    const { state } = await (await jetstreamManager(connection)).streams.info('S')
    expect(state.messages).toBe(100)
    await connection.close()
  })

  it('rejects a second start on one data directory until the first server is stopped', async () => {
    const server = await startNatsServer({ dataDir, port: 0 })
    expect(await codeOf(startNatsServer({ dataDir, port: 0 }))).toBe('store-locked')
    await server.stop()
    const again = await startNatsServer({ dataDir, port: 0 })
    await again.stop()
  })

  it('adopts a released server without closing its connections', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    const { connection } = await connectAsUser(first)
    await first.release()
    await using second = await startNatsServer({ dataDir })
    expect(second).toMatchObject({ adopted: true, pid: first.pid, url: first.url })
    expect(connection.isClosed()).toBe(false)
    await connection.flush()
    await connection.close()
  })

  it('names the port that is taken', async () => {
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

  it('uses the next free port if the remembered port is taken', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    const { port } = first
    await first.stop()
    const holder = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    await using second = await startNatsServer({ dataDir })
    expect(second.port).not.toBe(port)
    holder.close()
  })

  it('reports start-failed if the server cannot start', async () => {
    const failure = startNatsServer({
      dataDir,
      port: 0,
      binary: { path: '/bin/false', version: '2.15.1', source: 'env' },
    })
    await expect(failure).rejects.toMatchObject({ code: 'start-failed' })
  })

  it('keeps revocations when the process in charge is killed and the next one adopts the server', async () => {
    const module = new URL('./start-nats-server.ts', import.meta.url)
    const daemon = runModule(`const { startNatsServer } = await import(${JSON.stringify(module)})
      const server = await startNatsServer({ dataDir: ${JSON.stringify(dataDir)}, port: 0 })
      const user = await server.credentials({ name: 'user' })
      await server.revoke(user.publicKey)
      console.log(JSON.stringify({ pid: server.pid, creds: user.creds }))
      setInterval(() => {}, 1000)`)
    const started = JSON.parse((await daemon.line()) ?? '') as { pid: number; creds: string }
    expect(await codeOf(startNatsServer({ dataDir }))).toBe('store-locked')
    daemon.process.kill('SIGKILL')
    await daemon.exited
    await using server = await startNatsServer({ dataDir })
    expect(server).toMatchObject({ adopted: true, pid: started.pid })
    await expect(connectWith(server, started.creds)).rejects.toThrow(/authorization/i)
  })

  it('adopts a server without a record by its ports file', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    await first.release()
    await rm(join(dataDir, 'server.json'))
    await using second = await startNatsServer({ dataDir })
    expect(second).toMatchObject({ adopted: true, pid: first.pid })
  })

  it('reports the exit of an adopted server, and starts a new one on its port', async () => {
    await (await startNatsServer({ dataDir, port: 0 })).release()
    const adopted = await startNatsServer({ dataDir })
    process.kill(adopted.pid, 'SIGKILL')
    expect(await adopted.exited).toEqual({ code: null, signal: null })
    await using again = await startNatsServer({ dataDir })
    expect(again).toMatchObject({ adopted: false, url: adopted.url })
  })

  it('does not adopt a server that runs on another port than the requested one', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    await first.release()
    await expect(startNatsServer({ dataDir, port: 1 })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`still runs on port ${first.port}`),
    })
    await (await adoptNatsServer({ dataDir }))?.stop()
  })

  it('starts one server if several starts run at once', async () => {
    const starts = await Promise.allSettled(
      Array.from({ length: 4 }, () => startNatsServer({ dataDir, port: 0 })),
    )
    const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const refused = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason.code] : []))
    await Promise.all(started.map((server) => server.stop()))
    expect(started).toHaveLength(1)
    expect(refused).toEqual(['store-locked', 'store-locked', 'store-locked'])
  })

  it.runIf(hasFlock)('rejects a store that an invisible server uses', async () => {
    const first = await startNatsServer({ dataDir, port: 0 })
    await first.release()
    // Another container sees no process and no answering port.
    for (const name of ['server.json', 'lock', 'ports']) {
      await rm(join(dataDir, name), { recursive: true, force: true })
    }
    await expect(startNatsServer({ dataDir, port: 0 })).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining('another container'),
    })
    process.kill(first.pid, 'SIGTERM')
    while (processExists(first.pid)) await sleep(10)
    await (await startNatsServer({ dataDir, port: 0 })).stop()
  })

  it('leaves no server and no lock if the start is aborted', async () => {
    const stop = new AbortController()
    const starting = startNatsServer({ dataDir, port: 0, signal: stop.signal })
    stop.abort(new Error('not now'))
    await expect(starting).rejects.toThrow('not now')
    expect(await adoptNatsServer({ dataDir })).toBeUndefined()
    await (await startNatsServer({ dataDir, port: 0 })).stop()
  })

  it('has a system account that sees connect events', async () => {
    await using server = await startNatsServer({ dataDir, port: 0 })
    const system = await connectWith(server, (await server.systemCredentials()).creds)
    const events = system.subscribe(`$SYS.ACCOUNT.${server.account}.CONNECT`, { max: 1 })
    await system.flush()
    const { connection, publicKey } = await connectAsUser(server)
    for await (const event of events) {
      expect(event.json()).toMatchObject({ client: { user: publicKey } })
    }
    await connection.close()
    await system.close()
  })
})

describe('adoptNatsServer', () => {
  it('starts and creates nothing if no server runs', async () => {
    expect(await adoptNatsServer({ dataDir: join(dataDir, 'none') })).toBeUndefined()
    await expect(stat(join(dataDir, 'none'))).rejects.toThrow('ENOENT')
    await (await startNatsServer({ dataDir, port: 0 })).stop()
    expect(await adoptNatsServer({ dataDir })).toBeUndefined()
  })
})
