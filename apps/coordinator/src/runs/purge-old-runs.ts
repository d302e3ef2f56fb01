import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, purgeOldRefusals } from '@bailiwick/bus'
import { errorText, hasCode } from '@bailiwick/contract'
import type { Runs } from './runs.ts'

/** How often to look for old runs. Milliseconds. */
const CHECK_EVERY_MS = 60_000
/** Runs to purge in one go, so that many old runs do not hold up the server. */
const MAX_PURGED = 1_000

export interface PurgeOptions {
  bus: Bus
  runs: Pick<Runs, 'endedBefore' | 'purge'>
  /** How long ended runs are kept, milliseconds; -1 for ever. */
  keepMs: number
  /** Whether this coordinator is the one that purges. */
  isHolding(): boolean
  note(line: string): void
  checkEveryMs?: number
}

/** Purges runs that ended long ago, until aborted. */
export async function purgeOldRuns(options: PurgeOptions, signal: AbortSignal): Promise<void> {
  const { keepMs, isHolding, note, checkEveryMs = CHECK_EVERY_MS } = options
  if (keepMs < 0) return
  while (!signal.aborted) {
    await sleep(checkEveryMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    if (!isHolding()) continue
    try {
      await purge(options, Date.now() - keepMs)
    } catch (error) {
      if (!signal.aborted) note(`Cannot purge old runs now, but will try again: ${errorText(error)}`)
    }
  }
}

async function purge({ bus, runs }: PurgeOptions, before: number): Promise<void> {
  for (const run of runs.endedBefore(before).slice(0, MAX_PURGED)) {
    try {
      await runs.purge(run)
    } catch (error) {
      // Someone has purged it meanwhile.
      if (!hasCode(error, 'bad-input')) throw error
    }
  }
  await purgeOldRefusals(bus, before)
}
