import { type Bus, type RunDetails, requestRun } from '@bailiwick/bus'
import { hasCode, InputError, JournalError, type JournalRecord } from '@bailiwick/contract'

/** A task, named by its run and its name in the plan, or by its id alone in place of the run. */
export interface TaskReference {
  run: string
  task: string | undefined
}

/**
 * Reads the whole journal of a task.
 *
 * @throws InputError if there is no such task; JournalError if this version cannot read the whole journal
 */
export async function readTaskJournal(
  bus: Bus,
  reference: TaskReference,
): Promise<{ run: string; records: JournalRecord[]; agent: string; task: string; text: string }> {
  const task = reference.task ?? reference.run
  const { run, tasks } =
    reference.task === undefined
      ? await findRunOfTask(bus, task)
      : await requestRun(bus, 'get', { run: reference.run })
  const found = tasks.findLast((one) => one.name === task || one.task === task)
  if (found === undefined) {
    const known = tasks.map(({ name }) => name).join(', ')
    throw new InputError(
      `Expected a task of run ${run} (${known === '' ? 'it has none yet' : known}), found "${task}".`,
    )
  }
  const { records, unreadable } = await requestRun(bus, 'journal', { run, task: found.task })
  const [problem] = unreadable
  if (problem !== undefined) {
    const { message, reason } = problem
    throw new JournalError(
      `Message ${message} of the journal of task ${found.task} is not readable by this version: ${reason}`,
    )
  }
  const text = records[0]?.type === 'task.created' ? records[0].text : ''
  return { run, records, agent: found.agent, task: found.task, text }
}

/** Finds the run of a task: the task's id begins with the id of its run. */
async function findRunOfTask(bus: Bus, task: string): Promise<RunDetails> {
  const parts = task.split('-')
  for (let end = parts.length - 1; end > 0; end--) {
    try {
      return await requestRun(bus, 'get', { run: parts.slice(0, end).join('-') })
    } catch (error) {
      if (!hasCode(error, 'bad-input')) throw error
    }
  }
  throw new InputError(
    `Expected the id of a task, found "${task}". "bailiwick show <run> --json" prints ids. To use a name from the plan, give the run too.`,
  )
}
