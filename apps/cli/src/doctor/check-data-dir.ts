import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorText, formatBytes } from '@bailiwick/contract'
import type { Finding } from './check-machine.ts'

/** Size of the test file: more than a nearly full disk has left in its last block. */
const PROBE_BYTES = 1_000_000

/** With fewer free bytes, a run with some files fills the disk. */
const MIN_FREE_BYTES = 200_000_000

/** Checks that the data directory is writable and has room. Leaves nothing behind. */
export function checkDataDir(dataDir: string): Finding {
  const what = 'data'
  let place = dataDir
  // Only the daemon creates the folder. Probe the nearest existing one.
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
      found: `${dataDir} is not writable (${errorText(error)})`,
      advice: 'Free some space, or set another dataDir in the configuration.',
    }
  }
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  const found = `${dataDir}, ${formatBytes(free)} free`
  return free < MIN_FREE_BYTES
    ? { what, state: 'warning', found, advice: 'Runs store their journals and files there. Free some space.' }
    : { what, state: 'ok', found }
}
