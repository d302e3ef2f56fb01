import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { binaryCacheDir } from '../binary/cache-dir.ts'
import { findNatsServer } from '../binary/find-nats-server.ts'
import { tryLock } from '../store/exclusive-lock.ts'
import { runModule } from './run-module.ts'
import { testBinary } from './test-binary.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nats-home-'))
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

/** A test worker that needs the binary. It prints what a test would print, then the binary's version. */
function worker(env: NodeJS.ProcessEnv) {
  const module = new URL('./test-binary.ts', import.meta.url)
  return runModule(
    `console.error = console.log
     const { testBinary } = await import(${JSON.stringify(module)})
     console.log((await testBinary()).version)`,
    env,
  )
}

it('prints nothing if the binary is there', async () => {
  const { version } = await testBinary()
  expect(await worker(process.env).line()).toBe(version)
})

it('waits for the fetch of another process, and says so', async () => {
  const { path, version } = await testBinary()
  const env = { PATH: home, HOME: home }
  // Cannot be shown on a machine that has nats-server in a usual place.
  if (await findNatsServer({ env })) return
  const cacheDir = binaryCacheDir({ env })
  await mkdir(join(cacheDir, version), { recursive: true })
  const lock = await tryLock(join(cacheDir, 'fetching'))
  if ('heldBy' in lock) throw new Error('expected the lock to be free')
  const waiting = worker(env)
  expect(await waiting.line()).toBe(
    `Tests are waiting for nats-server: process ${process.pid} is fetching nats-server; waiting for it`,
  )
  await copyFile(path, join(cacheDir, version, 'nats-server'))
  await lock.release()
  expect(await waiting.line()).toBe(version)
})
