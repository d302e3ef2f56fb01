import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runModule } from '../testing/run-module.ts'
import { tryLock } from './exclusive-lock.ts'

let dir: string
let path: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-lock-'))
  path = join(dir, 'lock')
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** A process that tries to take the lock, prints "held" or "refused", and keeps running. */
function locker() {
  const module = new URL('./exclusive-lock.ts', import.meta.url)
  return runModule(`const { tryLock } = await import(${JSON.stringify(module)})
    const lock = await tryLock(${JSON.stringify(path)})
    console.log('heldBy' in lock ? 'refused' : 'held')
    setInterval(() => {}, 1000)`)
}

it('is held by one holder and free after its release', async () => {
  const lock = await tryLock(path)
  expect(await tryLock(path)).toMatchObject({ heldBy: { pid: process.pid } })
  if ('heldBy' in lock) throw new Error('the lock was free')
  await lock.release()
  await using again = await tryLock(path).then((taken) => ('heldBy' in taken ? undefined : taken))
  expect(again).toBeDefined()
  // A second release by the first holder does not release the second holder's lock.
  await lock.release()
  expect(await tryLock(path)).toHaveProperty('heldBy')
})

it('goes to exactly one of many processes after its holder is killed', async () => {
  const first = locker()
  expect(await first.line()).toBe('held')
  expect(await tryLock(path)).toMatchObject({ heldBy: { pid: first.process.pid } })
  first.process.kill('SIGKILL')
  await first.exited
  const rivals = Array.from({ length: 6 }, locker)
  try {
    const outcomes = await Promise.all(rivals.map((rival) => rival.line()))
    expect(outcomes.sort()).toEqual(['held', ...Array(5).fill('refused')])
    // No candidate files are left.
    expect(await readdir(dir)).toEqual(['lock'])
  } finally {
    for (const rival of rivals) rival.process.kill('SIGKILL')
    await Promise.all(rivals.map((rival) => rival.exited))
  }
})

it('is not held by a later process with the same id', async () => {
  await writeFile(path, JSON.stringify({ pid: process.pid, startTime: 'another time', nonce: 'old' }))
  expect(await tryLock(path)).not.toHaveProperty('heldBy')
})

it('is free if its holder died while replacing a dead lock', async () => {
  const dead = { pid: 2 ** 22 + 1, startTime: 'long ago' }
  await writeFile(path, JSON.stringify({ ...dead, nonce: 'a' }))
  await writeFile(`${path}.dead-a`, JSON.stringify({ ...dead, nonce: 'b' }))
  expect(await tryLock(path)).not.toHaveProperty('heldBy')
})

it('is free if a power cut left it empty', async () => {
  await writeFile(path, '')
  expect(await tryLock(path)).not.toHaveProperty('heldBy')
})
