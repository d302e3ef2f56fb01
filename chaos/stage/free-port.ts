import { createServer } from 'node:net'

/** Below the range from which systems assign ports, and above the ports that nats-server tries by itself. */
const PORTS = { first: 12_000, count: 18_000 } as const

/** A port that is free now. No program gets it by chance later, while its server is down between two starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
