import { type Bus, openJournal } from '@bailiwick/bus'
import { hasCode, type Journal, type JournalRecord, type TaskSpec } from '@bailiwick/contract'

/**
 * Writes a task's first record, where it has none yet: doing it again changes nothing. A fork has those of
 * another task after it.
 */
export async function createTask(
  bus: Bus,
  spec: TaskSpec,
  writer = spec.agent,
  forked: readonly JournalRecord[] = [],
): Promise<Journal> {
  const journal = openJournal(bus, { writer, run: spec.run, task: spec.task })
  if (!(await isEmpty(journal))) return journal
  try {
    await journal.append([{ type: 'task.created', at: Date.now(), spec }, ...forked])
  } catch (error) {
    // Created by another coordinator a moment ago: the same id is the same task.
    if (!hasCode(error, 'fenced')) throw error
  }
  return journal
}

async function isEmpty(journal: Journal): Promise<boolean> {
  let empty = true
  for await (const _record of journal.read()) empty = false
  return empty
}
