import type { JournalRecord } from '@bailiwick/contract'
import { foldTaskView, type TaskView } from '@bailiwick/core/journal'

/** A task as its own journal says, and whose journal that is: its agent's, or the coordinator's own. */
export interface WatchedTask extends TaskView<JournalRecord> {
  writer: string
}

/**
 * Folds one more record that names this task, in place. Skips records of other writers: a host may write anything
 * under its own name, also about other agents' tasks.
 *
 * @returns undefined as long as the task is not created by its agent or the coordinator
 */
export function foldWatchedTask(
  task: WatchedTask | undefined,
  record: JournalRecord,
  writer: string,
): WatchedTask | undefined {
  if (task !== undefined) {
    if (task.writer === writer) foldTaskView(task, record)
    return task
  }
  if (record.type !== 'task.created' || ![record.agent, 'coordinator'].includes(writer)) return undefined
  const view = foldTaskView<JournalRecord>(undefined, record)
  return view && { ...view, writer }
}
