import { type Journal, type JournalRecord, NO_USAGE } from '@bailiwick/contract'

/** Hosts that may take a task one after the other without getting it a record further: it may be what kills them. */
export const MAX_FRUITLESS = 5

/** How many attempts at the end of a journal led to nothing. One that its host left in order is none of them. */
export function fruitlessAttempts(records: readonly JournalRecord[]): number {
  const last = records.findLastIndex(({ type }) => type !== 'task.started' && type !== 'turn.restarted')
  return records.slice(last + 1).filter(({ type }) => type === 'task.started').length
}

/** Ends a task that its hosts do not survive. */
export async function giveUp(journal: Journal, attempts: number): Promise<void> {
  const message = `${attempts} hosts in a row took this task and died without getting further: it is given up`
  await journal.append([
    {
      type: 'task.ended',
      at: Date.now(),
      status: 'failed',
      error: { code: 'hosts-died', message },
      usage: NO_USAGE,
      artifacts: [],
    },
  ])
}
