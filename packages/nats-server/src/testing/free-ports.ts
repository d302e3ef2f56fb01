import { createServer } from 'node:net'

/** Below the range from which systems assign ports, and above the ports that a server tries by itself. */
const PORTS = { first: 12_000, count: 18_000 } as const

/**
 * Distinct ports of loopback that are free now. They are not reserved, but no program gets one by chance while its server
 * is down between two starts.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
