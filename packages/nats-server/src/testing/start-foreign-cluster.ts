import { once } from 'node:events'
import { createServer } from 'node:net'
import { type ForeignServer, startForeignServer } from './start-foreign-server.ts'

/** Starts this many servers on loopback that know of each other; the first answer of JetStream takes seconds. */
export async function startForeignCluster(size: number, config = ''): Promise<ForeignServer[]> {
  const ports = await freePorts(size)
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')
  const cluster = (port: number) =>
    `cluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes}] }\n${config}`
  return Promise.all(ports.map((port, n) => startForeignServer(`server_name: n${n}\n${cluster(port)}`)))
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
