import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BailiwickError, formatBytes } from '@bailiwick/contract'

/** With less free space than this, nats-server soon stores nothing. Bytes. */
const MIN_FREE_BYTES = 1_000_000
/** How often a disk is checked. Milliseconds. */
const CHECK_EVERY_MS = 1_000

/** Codes of errors that mean that the disk, or the user's share of it, is full. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT'])

/** How a wait for the disk is reported and ended. */
export interface WaitOptions {
  note(line: string): void
  signal: AbortSignal
}

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

/** Whether the disk of a folder is full. */
export function isDiskFull(dataDir: string): boolean {
  return freeBytes(dataDir) < MIN_FREE_BYTES
}

/** Whether an error, or its cause, says that the disk is full. */
export function meansDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && FULL_CODES.has(String(error.code))) || meansDiskFull(error.cause)
}

/** Waits until the disk of a folder has room. Says so once if it has none. @throws the signal's reason when aborted */
export async function untilSpace(dataDir: string, { note, signal }: WaitOptions): Promise<void> {
  if (!isDiskFull(dataDir)) return
  note(`The disk of ${dataDir} is full. Waiting until there is space.`)
  while (isDiskFull(dataDir)) await sleep(CHECK_EVERY_MS, undefined, { signal })
  note(`The disk of ${dataDir} has space again.`)
}

/** Does something that writes to the disk. If the disk is full, waits until there is space and does it again. */
export async function whenSpace<T>(
  dataDir: string,
  { note, signal }: WaitOptions,
  act: () => T | Promise<T>,
): Promise<T> {
  for (let isNoted = false; ; ) {
    try {
      return await act()
    } catch (error) {
      if (!meansDiskFull(error)) throw error
      // The file system may have reserved or shared what it shows as free.
      if (!isNoted && !isDiskFull(dataDir)) note(`Waiting for space on the disk of ${dataDir}.`)
      isNoted = true
      await sleep(CHECK_EVERY_MS, undefined, { signal })
      await untilSpace(dataDir, { note, signal })
    }
  }
}

/** Notes when the disk is full and runs wait, and when they continue, until `signal` aborts. */
export async function watchSpace(
  dataDir: string,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let wasFull = false; !signal.aborted; ) {
    const isFull = isDiskFull(dataDir)
    if (isFull && !wasFull) note(`The disk of ${dataDir} is full. Runs wait until there is space.`)
    if (wasFull && !isFull) note(`The disk of ${dataDir} has space again. Runs continue.`)
    wasFull = isFull
    await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

/** Free bytes on the disk of a folder, or of the nearest existing folder above it. */
function freeBytes(folder: string): number {
  let place = folder
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  const { bavail, bsize } = statfsSync(place)
  return bavail * bsize
}
