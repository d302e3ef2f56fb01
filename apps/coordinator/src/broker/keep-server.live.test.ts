import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../config/load-config.ts'
import { keepServer } from './keep-server.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keep-server-'))
  await writeFile(join(folder, 'bailiwick.config.mjs'), 'export default { team: ["worker"] }')
})
afterAll(() => rm(folder, { recursive: true }))

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
    const failed = kept.failed.then((error) => {
      throw error
    })
    const restarted = (async () => {
      while (kept.server() === first) await sleep(20)
    })()
    await Promise.race([failed, restarted])
    expect(kept.server().pid).not.toBe(first.pid)
    expect(notes).toContain('nats-server has died. Restarting it.')
  } finally {
    await kept.stop()
  }
})

it('stops the first start when its signal aborts', async () => {
  const config = await loadConfig({ cwd: folder })
  const started = keepServer(config, { note: () => {}, signal: AbortSignal.abort(new Error('SIGTERM')) })
  await expect(started).rejects.toThrow('SIGTERM')
})
