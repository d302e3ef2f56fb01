import { type Bus, requestRun } from '@bailiwick/bus'
import { InputError, JournalError, type JournalRecord } from '@bailiwick/contract'

/**
 * A task's whole journal, by the run and the task's name in the plan or its id.
 *
 * @throws InputError where the run has no such task; JournalError where this version cannot read all of it
 */
export async function readTaskJournal(
  bus: Bus,
  [run = '', task = '']: readonly string[],
): Promise<{ records: JournalRecord[]; agent: string; task: string; text: string }> {
  const { tasks } = await requestRun(bus, 'get', { run })
  const found = tasks.findLast((one) => one.name === task || one.task === task)
  if (found === undefined) {
    const known = tasks.map(({ name }) => name).join(', ')
    throw new InputError(`run ${run} has no task ${task}; it has ${known === '' ? 'none' : known}`)
  }
  const { records, unreadable } = await requestRun(bus, 'journal', { run, task: found.task })
  const [problem] = unreadable
  if (problem !== undefined) {
    const { message, reason } = problem
    throw new JournalError(
      `the journal of task ${found.task} cannot be read at message ${message}: ${reason}`,
    )
  }
  const text = records[0]?.type === 'task.created' ? records[0].spec.text : ''
  return { records, agent: found.agent, task: found.task, text }
}
