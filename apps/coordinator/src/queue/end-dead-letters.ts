import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, listDead } from '@bailiwick/bus'
import { endTask } from '../runs/tasks/task-lifecycle.ts'

/** Dead letters are rare, and a run that waits for one can wait this long. Milliseconds. */
const CHECK_EVERY_MS = 5_000

/**
 * Ends the tasks of dead letters, until `signal` aborts. The queue no longer delivers them, so no host would end them
 * and their runs would wait for ever.
 */
export async function endDeadLetters(bus: Bus, signal: AbortSignal): Promise<void> {
  const ended = new Set<string>()
  while (!signal.aborted) {
    for (const { agent, run, task, attempts, reason } of await listDead(bus)) {
      const letter = `${task} ${attempts}`
      if (ended.has(letter)) continue
      ended.add(letter)
      const message = `No host could work on it (${reason}). It was delivered ${attempts} times.`
      await endTask(
        bus,
        { writer: agent, run, task },
        { status: 'failed', error: { code: 'dead-letter', message } },
      )
    }
    await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
