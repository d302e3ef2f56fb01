import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { childFiles } from '../src/isolation/child-files.ts'
import { probeIsolation } from '../src/isolation/probe-isolation.ts'
import { spawnChild } from '../src/parent/child-box.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'

await useBubblewrap()

/** No other test uses these in its command lines. */
const MEMORY_MB = { child: 251, host: 252 }
const CHILDREN = 40
/** Each starts eight children. When nothing killed waiting processes, one host in eight left one behind. */
const HOSTS = 24
const CONCURRENCY = 4

/** Processes of this test's children. */
function running(memoryMb: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').endsWith(
        `child.cjs\0${childFiles().addon}\0${memoryMb}\0`,
      )
    } catch {
      return false // It has ended.
    }
  })
}

const noneRuns = (memoryMb: number) =>
  vi.waitFor(() => expect(running(memoryMb)).toEqual([]), { timeout: 30_000, interval: 50 })

async function times(count: number, action: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await action(next++)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

describe.runIf(process.platform === 'linux')('while a container is being set up', () => {
  it('leaves no process if the child is killed', async () => {
    const { layers } = await probeIsolation()
    await times(CHILDREN, async (n) => {
      const box = spawnChild({ files: childFiles(), layers, memoryMb: MEMORY_MB.child, residentMb: 768 })
      await sleep(n / 4)
      await box.close()
    })
    await noneRuns(MEMORY_MB.child)
  }, 120_000)

  it('leaves no process if the host is killed', async ({ skip }) => {
    const { layers } = await probeIsolation()
    skip(!layers.container, 'this machine has no container')
    const start = { layers, files: childFiles(), memoryMb: MEMORY_MB.host }
    await times(HOSTS, async () => {
      const host = fork(join(import.meta.dirname, 'mortal-host.ts'), [JSON.stringify(start)])
      expect((await once(host, 'exit'))[1]).toBe('SIGKILL')
    })
    await noneRuns(MEMORY_MB.host)
  }, 120_000)
})
