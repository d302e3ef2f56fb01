import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { childFiles } from '../src/isolation/child-files.ts'
import { probeIsolation } from '../src/isolation/probe-isolation.ts'
import { spawnChild } from '../src/parent/child-box.ts'

/** In no other test's command lines. */
const MEMORY_MB = { child: 251, host: 252 }
const CHILDREN = 80
/** Each with eight children: where nobody killed what waits, one in eight left a process. */
const HOSTS = 40

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

async function untilNoneRuns(memoryMb: number): Promise<string[]> {
  const until = Date.now() + 5_000
  while (running(memoryMb).length > 0 && Date.now() < until) await sleep(20)
  return running(memoryMb)
}

describe.runIf(process.platform === 'linux')(
  'while a container is being set up, no process is left by',
  () => {
    it('its child, which is killed', async () => {
      const { layers } = await probeIsolation()
      for (let n = 0; n < CHILDREN; n += 1) {
        const box = spawnChild({ files: childFiles(), layers, memoryMb: MEMORY_MB.child })
        await sleep(n / 8)
        await box.close()
      }
      expect(await untilNoneRuns(MEMORY_MB.child)).toEqual([])
    })

    it('its host, which is killed', async ({ skip }) => {
      const { layers } = await probeIsolation()
      skip(!layers.container, 'there is no container on this machine')
      for (let n = 0; n < HOSTS; n += 1) {
        const args = [JSON.stringify(layers), String(MEMORY_MB.host)]
        const host = fork(join(import.meta.dirname, 'mortal-host.ts'), args)
        expect((await once(host, 'exit'))[1]).toBe('SIGKILL')
      }
      expect(await untilNoneRuns(MEMORY_MB.host)).toEqual([])
    })
  },
)
