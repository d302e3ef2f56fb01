import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { probeIsolation } from '../src/isolation/probe-isolation.ts'
import { childFiles } from '../src/parent/child-files.ts'
import { spawnChild } from '../src/parent/spawn-child.ts'

/** In no other test's command lines. */
const MEMORY_MB = 251
const CHILDREN = 80

/** Processes of this test's children. */
function running(): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').endsWith(
        `child.cjs\0${childFiles().addon}\0${MEMORY_MB}\0`,
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
    const until = Date.now() + 5_000
    while (running().length > 0 && Date.now() < until) await sleep(20)
    expect(running()).toEqual([])
  },
)
