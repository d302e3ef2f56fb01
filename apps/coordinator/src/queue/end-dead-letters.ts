import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, listDead } from '@bailiwick/bus'
import { endTask } from '../runs/tasks/end-task.ts'

/** How often dead letters are looked for. They are rare, and a run that waits for one can wait a little. */
const EVERY_MS = 5_000

/**
 * Ends tasks that the queue gives to nobody any more, until aborted: no host will end them, and their runs
 * would wait for ever.
 */
export async function buryDead(bus: Bus, signal: AbortSignal): Promise<void> {
  const buried = new Set<string>()
  while (!signal.aborted) {
    for (const { agent, run, task, attempts, reason } of await listDead(bus)) {
      const letter = `${task} ${attempts}`
      if (buried.has(letter)) continue
      buried.add(letter)
      const message = `no host could work on it (${reason}, given out ${attempts} times)`
      await endTask(
        bus,
        { writer: agent, run, task },
        { status: 'failed', error: { code: 'dead-letter', message } },
      )
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop ends.
  }
}
