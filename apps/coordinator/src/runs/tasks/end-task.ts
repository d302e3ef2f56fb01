import { type Bus, openJournal } from '@bailiwick/bus'
import { hasCode, NO_USAGE, type TaskResult } from '@bailiwick/contract'

/**
 * Ends a task that no host is going to end. The fence keeps it from ending one that a host has just taken.
 *
 * @returns false where the task had ended already, or somebody else appended meanwhile
 */
export async function endTask(
  bus: Bus,
  address: { writer: string; run: string; task: string },
  ending: Pick<TaskResult, 'status' | 'error'>,
): Promise<boolean> {
  // What this version cannot read is no reason to leave its run waiting; it is shown with the run.
  const journal = openJournal(bus, address, { onSetAside: () => {} })
  for await (const record of journal.read()) if (record.type === 'task.ended') return false
  const result: TaskResult = { usage: NO_USAGE, artifacts: [], ...ending }
  try {
    await journal.append([{ type: 'task.ended', at: Date.now(), ...result }])
    return true
  } catch (error) {
    if (hasCode(error, 'fenced')) return false
    throw error
  }
}
