import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../config/load-config.ts'
import { type KeptServer, keepServer } from './keep-server.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keep-server-'))
  await writeFile(join(folder, 'bailiwick.config.mjs'), 'export default { team: ["worker"] }')
})
afterAll(() => rm(folder, { recursive: true }))

/** Keeps a server that counts as failed after one quick restart. */
async function keepMortal(): Promise<{ kept: KeptServer; notes: string[] }> {
  const notes: string[] = []
  const loaded = await loadConfig({ cwd: folder })
  const config = { ...loaded, limits: { ...loaded.limits, restarts: 1 } }
  const { signal } = new AbortController()
  return { kept: await keepServer(config, { note: (line) => notes.push(line), signal }), notes }
}

/** Kills the server after each start, until it has died so often in a row. */
async function killUntil(kept: KeptServer, deaths: number): Promise<void> {
  for (let killed = 0; kept.report().quickDeaths < deaths; ) {
    const { pid } = kept.server()
    if (pid !== killed && kept.report().state !== 'waiting') process.kill(pid, 'SIGKILL')
    killed = pid
    await sleep(10)
  }
}

it('restarts the server while the daemon shuts down', async () => {
  const ending = new AbortController()
  const notes: string[] = []
  const config = await loadConfig({ cwd: folder })
  const kept = await keepServer(config, { note: (line) => notes.push(line), signal: ending.signal })
  try {
    const first = kept.server()
    ending.abort(new Error('SIGTERM'))
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    while (kept.server() === first) await sleep(20)
    expect(kept.server().pid).not.toBe(first.pid)
    expect(notes).toContain('nats-server has died. Restarting it.')
  } finally {
    await kept.stop()
  }
})

it('tries a server that keeps dying again, and notes once that it waits and once that it runs', async () => {
  const { kept, notes } = await keepMortal()
  try {
    const before = kept.server().pid
    await killUntil(kept, 4)
    expect(kept.report()).toMatchObject({
      state: 'failed',
      nextTryAt: expect.any(Number),
      lastDeath: { reason: 'was killed by SIGKILL', lines: expect.arrayContaining([expect.any(String)]) },
    })
    while (kept.report().state !== 'running') await sleep(20)
    expect(kept.server().pid).not.toBe(before)
    expect(kept.report().quickDeaths).toBe(0)
    expect(notes.filter((line) => line.includes('times in a row'))).toEqual([
      'nats-server was killed by SIGKILL, 2 times in a row soon after its start. Everything waits for it. It is tried again, up to a minute apart.',
    ])
    expect(notes.at(-1)).toBe('nats-server runs again.')
  } finally {
    await kept.stop()
  }
})

it('waits for its port if another program has taken it', async () => {
  const { kept } = await keepMortal()
  const other = createServer()
  try {
    const { port } = kept.server()
    // The pause before the next start grows until there is time to take the port.
    await killUntil(kept, 5)
    await once(other.listen(port, '127.0.0.1'), 'listening')
    while (kept.report().quickDeaths < 6) await sleep(20)
    expect(kept.report()).toMatchObject({
      state: 'failed',
      lastDeath: { reason: expect.stringContaining(`Expected port ${port} on 127.0.0.1 to be free`) },
    })
    other.close()
    while (kept.report().state !== 'running') await sleep(20)
    expect(kept.server().port).toBe(port)
  } finally {
    other.close()
    await kept.stop()
  }
})

it('stops the first start when its signal aborts', async () => {
  const config = await loadConfig({ cwd: folder })
  const started = keepServer(config, { note: () => {}, signal: AbortSignal.abort(new Error('SIGTERM')) })
  await expect(started).rejects.toThrow('SIGTERM')
})
