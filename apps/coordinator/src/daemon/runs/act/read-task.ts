import { type Bus, openJournal, STREAMS, SUBJECTS } from '@bailiwick/bus'
import { InputError, type JournalRecord } from '@bailiwick/core/contract'

/** A task's whole journal, whoever writes it. @throws InputError where the run has no such task */
export async function readTask(bus: Bus, run: string, task: string): Promise<JournalRecord[]> {
  const subject = SUBJECTS.journal('*', run, task)
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  const found = Object.keys(state.subjects ?? {})[0]
    ?.split('.')
    .at(-3)
  if (found === undefined)
    throw new InputError(`run ${run} has no task ${task}; "bailiwick show ${run}" lists them`)
  const records: JournalRecord[] = []
  for await (const record of openJournal(bus, { writer: found, run, task }).read()) records.push(record)
  return records
}
