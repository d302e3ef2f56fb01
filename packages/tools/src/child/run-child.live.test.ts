import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runChild } from './run-child.ts'

/** Only the test of the time limit has a short one, because a process starts slowly on a busy machine. */
const LIMITS = {
  timeMs: 50_000,
  readPace: 1e6,
  memoryBytes: 256 * 2 ** 20,
  diskBytes: 0,
  replyBytes: 1e6,
}

function probe(request: object, limits: Partial<typeof LIMITS> = {}): Promise<unknown> {
  const entry = new URL('../../test/child/probe.js', import.meta.url)
  const packages = ['@bailiwick/contract/world']
  const { signal } = new AbortController()
  return runChild({ entry, packages, request, limits: { ...LIMITS, ...limits }, what: 'the probe', signal })
}

describe('runChild', () => {
  it('denies the child environment, files, processes, add-ons and network', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const results = await probe({ do: 'escape', port })
    server.close()
    const denied = 'ERR_ACCESS_DENIED'
    expect(results).toEqual({
      env: process.platform === 'win32' ? ['SystemRoot', 'TZ'] : expect.not.arrayContaining(['PATH', 'HOME']),
      read: denied,
      readBeside: denied,
      write: denied,
      spawn: denied,
      worker: denied,
      eval: 'EvalError',
      addon: 'ERR_DLOPEN_DISABLED',
      network: Number.parseInt(process.versions.node, 10) >= 26 ? denied : 'done',
    })
  })

  it('carries requests and replies that are larger than a pipe', async () => {
    const value = 'ä'.repeat(3e6)
    expect(await probe({ do: 'echo', value }, { replyBytes: 1e7 })).toBe(value)
  })

  it('reports a child that was too slow, used too much memory, or crashed', async () => {
    await expect(probe({ do: 'spin' }, { timeMs: 500 })).rejects.toMatchObject({
      code: 'child-timeout',
      // CPU time, or on a busy machine ten times as much wall time.
      message: expect.stringMatching(/^the probe took longer than (0\.5|5) s and was stopped$/),
    })
    await expect(probe({ do: 'fill' }, { memoryBytes: 120 * 2 ** 20 })).rejects.toMatchObject({
      code: 'child-memory',
      message: 'the probe needed more than 125.8 MB of memory and was stopped',
    })
    await expect(probe({ do: 'exit' })).rejects.toMatchObject({ code: 'child-crashed' })
  })

  it('queues the children that exceed its slots', async () => {
    const values = Array.from({ length: 8 }, (_, value) => value)
    expect(await Promise.all(values.map((value) => probe({ do: 'echo', value })))).toEqual(values)
  })
})
