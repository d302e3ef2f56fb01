import { createServer } from 'node:net'

/** Below what systems give out by themselves, and beyond where servers look for a place. */
const PORTS = { first: 12_000, count: 18_000 } as const

/** A port that nobody listens on now, and that nobody takes by chance while its server is dead. */
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
