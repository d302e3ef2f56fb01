import { type Bus, openJournal, parseJournalSubject, STREAMS, SUBJECTS } from '@bailiwick/bus'
import { InputError, type JournalRecord } from '@bailiwick/contract'
import { foldTask, type TaskState } from '../fold/task-state.ts'

/** A task's whole journal, whoever writes it. @throws InputError where the run has no such task */
export async function readTask(bus: Bus, run: string, task: string): Promise<JournalRecord[]> {
  const [found] = await journalsOf(bus, run, task)
  if (found === undefined)
    throw new InputError(`run ${run} has no task ${task}; "bailiwick show ${run}" lists them`)
  const records: JournalRecord[] = []
  for await (const record of openJournal(bus, found).read()) records.push(record)
  return records
}

/** Every task of a run that nobody follows any more, delegates included, as its journal says. */
export async function readTasks(bus: Bus, run: string): Promise<Map<string, TaskState>> {
  const tasks = new Map<string, TaskState>()
  for (const address of await journalsOf(bus, run, '*')) {
    if (address.task === 'run') continue
    let state: TaskState | undefined
    for await (const record of openJournal(bus, address).read())
      state = foldTask(state, record, address.writer)
    if (state !== undefined) tasks.set(address.task, state)
  }
  return tasks
}

async function journalsOf(bus: Bus, run: string, task: string) {
  const subject = SUBJECTS.journal('*', run, task)
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  return Object.keys(state.subjects ?? {}).flatMap((name) => parseJournalSubject(name) ?? [])
}
