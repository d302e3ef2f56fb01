import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { processExists } from '../process-identity.ts'
import { freePorts } from './free-ports.ts'
import { runModule } from './run-module.ts'
import { startExternalCluster } from './start-external-cluster.ts'
import { startExternalServer } from './start-external-server.ts'

const onLinux = process.platform === 'linux'

/** The nats-servers that this process started and that still run. */
function ownServers(): number[] {
  if (!onLinux) return []
  return readdirSync('/proc/self/task')
    .flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').trim().split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'nats-server\n')
    .map(Number)
}

/** Listens on a port until disposed. */
async function takePort() {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const address = holder.address()
  if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address')
  return { port: address.port, [Symbol.dispose]: () => void holder.close() }
}

describe('startExternalCluster', () => {
  it('starts again on other ports if one is taken', async () => {
    using taken = await takePort()
    const tried: (readonly number[])[] = []
    {
      await using cluster = await startExternalCluster(3, async (count) => {
        const ports = await freePorts(count)
        tried.push(tried.length === 0 ? [...ports.slice(1), taken.port] : ports)
        return tried.at(-1) ?? []
      })
      expect(tried).toHaveLength(2)
      expect(cluster.url).toBe(cluster.servers.map(({ url }) => url).join(','))
      if (onLinux) expect(ownServers().sort()).toEqual(cluster.servers.map(({ pid }) => pid).sort())
    }
    expect(ownServers()).toEqual([])
  })

  it('leaves no server if one of several cannot start', async () => {
    const impossible = 99_999
    const start = startExternalCluster(3, async () => [...(await freePorts(2)), impossible])
    await expect(start).rejects.toMatchObject({ code: 'start-failed' })
    expect(ownServers()).toEqual([])
  })

  it('gives up after several starts with a taken port, and leaves no server', async () => {
    using taken = await takePort()
    let starts = 0
    const start = startExternalCluster(2, async () => {
      starts++
      return [...(await freePorts(1)), taken.port]
    })
    await expect(start).rejects.toMatchObject({ code: 'port-taken' })
    expect(starts).toBe(10)
    expect(ownServers()).toEqual([])
  })
})

describe('startExternalServer', () => {
  it("reports the server's last lines if it cannot start", async () => {
    await expect(startExternalServer('nonsense: 1')).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('unknown field "nonsense"'),
    })
    expect(ownServers()).toEqual([])
  })

  it('reports a taken port', async () => {
    using taken = await takePort()
    await expect(startExternalServer(`http: "127.0.0.1:${taken.port}"`)).rejects.toMatchObject({
      code: 'port-taken',
    })
    expect(ownServers()).toEqual([])
  })
})

it('ends all servers if a signal ends the process whose test never finished', async () => {
  const module = new URL('./index.ts', import.meta.url)
  const hanging =
    runModule(`const { startExternalServer, startTestServer } = await import(${JSON.stringify(module)})
    const servers = await Promise.all([startExternalServer(), startTestServer()])
    console.log(JSON.stringify(servers.map(({ pid }) => pid)))
    setInterval(() => {}, 1000)`)
  const pids = JSON.parse((await hanging.line()) ?? '') as number[]
  expect(pids.map(processExists)).toEqual([true, true])
  hanging.process.kill('SIGTERM')
  expect(await hanging.exited).toBeNull()
  while (pids.some(processExists)) await sleep(10)
})
