import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '@bailiwick/contract'
import type { Coordinators } from './coordinators.ts'
import type { RunDriver } from './run-driver.ts'

/** How often to look for runs whose coordinator is gone. Milliseconds. */
const CHECK_EVERY_MS = 1_000
/** Runs to take over at the same time. */
const MAX_AT_ONCE = 64

export interface TakeOverOptions {
  driver: Pick<RunDriver, 'index' | 'takeOver' | 'ringMissing'>
  coordinators: Pick<Coordinators, 'isGone'>
  note(line: string): void
}

/**
 * Takes over the runs of coordinators that are gone, until aborted. If several coordinators do, the fence of each run's
 * journal picks the winner.
 */
export async function takeOverRuns(options: TakeOverOptions, signal: AbortSignal): Promise<void> {
  const { driver, coordinators, note } = options
  while (!signal.aborted) {
    await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {})
    const byDriver = Map.groupBy(driver.index.open(), (run) => run.driver)
    for (const [gone, runs] of byDriver) {
      if (signal.aborted) return
      if (gone === undefined || !coordinators.isGone(gone)) continue
      try {
        const taken = await takeOver(
          driver,
          runs.map(({ run }) => run),
          gone,
        )
        if (taken > 0) note(`Coordinator ${gone} is gone. Took over ${taken} of its runs.`)
      } catch (error) {
        if (!signal.aborted)
          note(`Cannot take over runs of ${gone} now, but will try again: ${errorText(error)}`)
      }
    }
  }
}

/** @returns the number of runs that this coordinator got */
async function takeOver(driver: TakeOverOptions['driver'], runs: string[], gone: string): Promise<number> {
  const taken: string[] = []
  for (let begin = 0; begin < runs.length; begin += MAX_AT_ONCE) {
    const some = runs.slice(begin, begin + MAX_AT_ONCE)
    const got = await Promise.all(some.map((run) => driver.takeOver(run, gone)))
    taken.push(...some.filter((_, index) => got[index]))
  }
  if (taken.length > 0) await driver.ringMissing(taken)
  return taken.length
}
