import { statfsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BailiwickError, formatBytes } from '@bailiwick/contract'

/** With less free space than this, nats-server soon stores nothing. Bytes. */
const MIN_FREE_BYTES = 1_000_000
const CHECK_EVERY_MS = 5_000

/**
 * Rejects new work if the disk is full, because an append then waits until there is space and reports nothing.
 *
 * @throws BailiwickError `disk-full`
 */
export function requireSpace(dataDir: string, minFreeBytes = MIN_FREE_BYTES): void {
  const free = freeBytes(dataDir)
  if (free >= minFreeBytes) return
  throw new BailiwickError(
    'disk-full',
    `Expected ${formatBytes(minFreeBytes)} free on the disk of ${dataDir}, found ${formatBytes(free)}. Free some space ("bailiwick purge <run>" deletes a run) and submit the run again. Nothing was started.`,
  )
}

/** Notes when the disk is full and runs wait, and when they continue, until `signal` aborts. */
export async function watchSpace(
  dataDir: string,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let wasFull = false; !signal.aborted; ) {
    const isFull = freeBytes(dataDir) < MIN_FREE_BYTES
    if (isFull && !wasFull) note(`The disk of ${dataDir} is full. Runs wait until there is space.`)
    if (wasFull && !isFull) note(`The disk of ${dataDir} has space again. Runs continue.`)
    wasFull = isFull
    await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

function freeBytes(dataDir: string): number {
  const { bavail, bsize } = statfsSync(dataDir)
  return bavail * bsize
}
