import { type Bus, type RunView, requestRun } from '@bailiwick/bus'
import { hasCode, InputError, JournalError, type JournalRecord } from '@bailiwick/contract'

/**
 * A task's whole journal, by the run and the task's name in the plan, or by its id alone.
 *
 * @throws InputError where the run has no such task; JournalError where this version cannot read all of it
 */
export async function readTaskJournal(
  bus: Bus,
  words: readonly string[],
): Promise<{ run: string; records: JournalRecord[]; agent: string; task: string; text: string }> {
  const task = words.at(-1) ?? ''
  const { run, tasks } =
    words.length > 1 ? await requestRun(bus, 'get', { run: words[0] ?? '' }) : await runOf(bus, task)
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
  const text = records[0]?.type === 'task.created' ? records[0].text : ''
  return { run, records, agent: found.agent, task: found.task, text }
}

/** The run of a task's id: the id begins with the run's. */
async function runOf(bus: Bus, task: string): Promise<RunView> {
  const parts = task.split('-')
  for (let end = parts.length - 1; end > 0; end--) {
    try {
      return await requestRun(bus, 'get', { run: parts.slice(0, end).join('-') })
    } catch (error) {
      if (!hasCode(error, 'bad-input')) throw error
    }
  }
  throw new InputError(
    `no task has the id ${task}: "bailiwick show <run> --json" tells ids; a name in a plan goes with its run`,
  )
}
