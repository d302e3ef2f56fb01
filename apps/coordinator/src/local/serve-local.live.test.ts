import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, utimes } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { removeDeadSockets } from './remove-dead-sockets.ts'
import { serveLocal } from './serve-local.ts'

describe.skipIf(process.platform === 'win32')('the private socket', () => {
  it('of a daemon that was killed is removed at the next start, and those of others are not', async () => {
    await using place = await scratch()
    vi.stubEnv('TMPDIR', place.folder)
    const script = await place.write(
      'daemon.mjs',
      `import { serveLocal } from ${JSON.stringify(new URL('./serve-local.ts', import.meta.url).href)}
       const { path } = await serveLocal(async () => ({}))
       console.log(path)
       setInterval(() => {}, 1_000)`,
    )
    const killed = spawn(process.execPath, [...process.execArgv, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(killed.stdout.setEncoding('utf8'), 'data')
    const dead = dirname(String(printed).trim())
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const living = await serveLocal(async () => ({}))
    expect(existsSync(dead)).toBe(false)
    const foreign = join(place.folder, 'bailiwick-abc123')
    const [empty, fresh] = [join(place.folder, 'bailiwick-def456'), join(place.folder, 'bailiwick-ghi789')]
    for (const folder of [foreign, empty, fresh]) await mkdir(folder)
    await place.write('bailiwick-abc123/notes.txt', 'mine')
    await utimes(empty, 0, 0)
    await removeDeadSockets()
    expect([foreign, empty, fresh, dirname(living.path)].map((folder) => existsSync(folder))).toEqual([
      true,
      false,
      true,
      true,
    ])
    await living[Symbol.asyncDispose]()
    expect(existsSync(dirname(living.path))).toBe(false)
    vi.unstubAllEnvs()
  })

  it('of another program in such a folder is left alone', async () => {
    await using place = await scratch()
    const folder = join(place.folder, 'bailiwick-abc123')
    await mkdir(folder)
    const server = createServer().listen(join(folder, 'daemon.sock'))
    await once(server, 'listening')
    await removeDeadSockets([place.folder, join(place.folder, 'missing')])
    expect(existsSync(folder)).toBe(true)
    server.close()
  })
})
