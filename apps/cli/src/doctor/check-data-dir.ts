import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatBytes } from '@bailiwick/contract'
import type { Finding } from './check-machine.ts'

/** Written to find out whether anything can be: more than a nearly full disk has left in its last block. */
const PROBE_BYTES = 1_000_000

/** With less than this left a run of some files fills the disk. Bytes. */
const LITTLE_BYTES = 200_000_000

/** Whether journals and files can be written where the configuration puts them. Nothing is left behind. */
export function checkDataDir(dataDir: string): Finding {
  const what = 'data'
  let place = dataDir
  // What the daemon would make is not made here.
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  try {
    const probe = mkdtempSync(join(place, '.doctor-'))
    try {
      writeFileSync(join(probe, 'probe'), Buffer.alloc(PROBE_BYTES, 1), { flush: true })
    } finally {
      rmSync(probe, { recursive: true, force: true })
    }
  } catch (error) {
    return {
      what,
      state: 'problem',
      found: `nothing can be written into ${dataDir} (${error instanceof Error ? error.message : String(error)})`,
      advice: 'make room, or name another folder as dataDir in the configuration',
    }
  }
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  const found = `${dataDir}, ${formatBytes(free)} free`
  return free < LITTLE_BYTES
    ? { what, state: 'warning', found, advice: 'journals and files of runs are kept there: make room' }
    : { what, state: 'ok', found }
}
