import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { killSurvivors } from './survivors.ts'

/** A small file system of its own. Disposing it kills the processes that use it, and removes it. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Leaves no free byte. */
  fill(): void
  /** Deletes what `fill` wrote. */
  free(): void
}

/** Mounts a small file system in memory. @returns the reason why it cannot, for example that this user is not root */
export async function smallDisk(megabytes: number): Promise<SmallDisk | string> {
  if (process.platform !== 'linux') return 'needs Linux'
  const folder = await mkdtemp(join(tmpdir(), 'bailiwick-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    await rm(folder, { recursive: true })
    return `cannot mount a file system: ${error instanceof Error ? error.message : error}`
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      try {
        for (;;) writeSync(file, Buffer.alloc(4_096))
      } catch {
        closeSync(file) // The disk is full.
      }
    },
    free: () => rmSync(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      await killSurvivors(folder)
      for (let tries = 0; tries < 50; tries += 1) {
        try {
          execFileSync('umount', [folder], { stdio: 'pipe' })
          break
        } catch {
          await sleep(100) // A process that was killed still uses it.
        }
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
