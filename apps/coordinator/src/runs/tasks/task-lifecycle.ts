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
  // Not read before: the fence of a journal that nobody has read lets a first record in, and no second one.
  const journal = openJournal(bus, { writer, run: spec.run, task: spec.task })
  try {
    await journal.append([{ type: 'task.created', at: Date.now(), ...spec }, ...forked])
  } catch (error) {
    // Created before, perhaps by another coordinator: the same id is the same task.
    if (!hasCode(error, 'fenced')) throw error
  }
  return journal
}
