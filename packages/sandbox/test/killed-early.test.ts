import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { probeIsolation } from '../src/isolation/probe-isolation.ts'
import { childFiles } from '../src/parent/child-files.ts'
import { spawnChild } from '../src/parent/spawn-child.ts'

/** In no other test's command lines. */
const MEMORY_MB = 251
const CHILDREN = 80
const HOST_MEMORY_MB = 253
const HOSTS = 12

/** Processes of this test's children. */
function running(memoryMb: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').endsWith(
        `child.cjs\0${childFiles().addon}\0${memoryMb}\0`,
      )
    } catch {
      return false // Gone meanwhile.
    }
  })
}

it.runIf(process.platform === 'linux')(
  'a child that is killed while its container is being set up leaves no process behind',
  async () => {
    const { layers } = await probeIsolation()
    for (let n = 0; n < CHILDREN; n += 1) {
      const box = spawnChild({ files: childFiles(), layers, memoryMb: MEMORY_MB })
      await sleep(n / 8)
      await box.close()
    }
    expect(await left(MEMORY_MB)).toEqual([])
  },
)

it.runIf(process.platform === 'linux')(
  'a host that is killed while it starts a container leaves no process behind',
  async () => {
    const { layers } = await probeIsolation()
    for (let n = 0; n < HOSTS; n += 1) {
      const args = [String(HOST_MEMORY_MB), JSON.stringify(layers)]
      const host = fork(join(import.meta.dirname, 'start-and-die.ts'), args)
      await once(host, 'exit')
    }
    expect(await left(HOST_MEMORY_MB)).toEqual([])
  },
)

/** What is still there after a moment. */
async function left(memoryMb: number): Promise<string[]> {
  const until = Date.now() + 5_000
  while (running(memoryMb).length > 0 && Date.now() < until) await sleep(20)
  return running(memoryMb)
}
