import { statfsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BailiwickError, formatBytes } from '@bailiwick/contract'

/** With less than this left nats-server soon keeps nothing more. Bytes. */
const LEAST_BYTES = 1_000_000
/** How often it is looked. Milliseconds. */
const EVERY_MS = 5_000

/**
 * Refuses to begin what could not be kept: an append waits until there is room, and nobody would hear why.
 *
 * @throws BailiwickError `disk-full`
 */
export function requireSpace(dataDir: string, leastBytes = LEAST_BYTES): void {
  const free = freeBytes(dataDir)
  if (free >= leastBytes) return
  throw new BailiwickError(
    'disk-full',
    `the disk of ${dataDir} is full (${formatBytes(free)} free): make room ("bailiwick purge <run>" deletes a run) and ask again; nothing was begun`,
  )
}

/** Tells when the disk is full and runs wait, and when they go on, until aborted. */
export async function watchSpace(
  dataDir: string,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let full = false; !signal.aborted; ) {
    const isFull = freeBytes(dataDir) < LEAST_BYTES
    if (isFull && !full) note(`the disk of ${dataDir} is full: runs wait until there is room`)
    if (full && !isFull) note(`there is room again on the disk of ${dataDir}: runs go on`)
    full = isFull
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop ends.
  }
}

function freeBytes(dataDir: string): number {
  const { bavail, bsize } = statfsSync(dataDir)
  return bavail * bsize
}
