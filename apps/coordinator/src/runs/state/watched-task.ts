import type { JournalRecord } from '@bailiwick/contract'
import { foldTaskView, type TaskView } from '@bailiwick/core/journal'

/** A task, folded from its own journal. `writer` is its agent, or the coordinator for its own tasks. */
export interface WatchedTask extends TaskView<JournalRecord> {
  writer: string
}

/**
 * Folds one more record about a task, in place. Skips records of other writers, because a host can write anything
 * under its own name, also about other agents' tasks.
 *
 * @returns undefined until its agent or the coordinator has created the task
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
