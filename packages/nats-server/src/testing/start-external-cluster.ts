import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { type ForeignServer, startForeignServer } from './start-external-server.ts'

/** Starts this many servers on loopback, and waits until JetStream knows all of them as places for a stream. Takes seconds. */
export async function startForeignCluster(size: number, config = ''): Promise<ForeignServer[]> {
  const ports = await freePorts(size)
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')
  const cluster = (port: number) =>
    `cluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes}] }\n${config}`
  const servers = await Promise.all(
    ports.map((port, n) => startForeignServer(`server_name: n${n}\n${cluster(port)}`)),
  )
  await untilPlaced(servers[0]?.url ?? '', size)
  return servers
}

async function untilPlaced(url: string, replicas: number): Promise<void> {
  const connection = await connect({ servers: url })
  try {
    const stream = JSON.stringify({ name: 'placed', subjects: ['placed'], num_replicas: replicas })
    const ask = async (what: string, payload?: string) => {
      const answer = await connection.request(`$JS.API.STREAM.${what}.placed`, payload, { timeout: 5_000 })
      return answer.json<{ error?: unknown }>().error === undefined
    }
    // While there is no leader yet nobody answers.
    while (!(await ask('CREATE', stream).catch(() => false))) await sleep(50)
    await ask('DELETE')
  } finally {
    await connection.close()
  }
}

async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(listeners.map((listener) => once(listener, 'listening')))
  const ports = listeners.map((listener) => {
    const address = listener.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')))
  return ports
}
