import { type Bus, openJournal, parseJournalSubject, type RunReply, STREAMS, SUBJECTS } from '@bailiwick/bus'
import { InputError, type JournalRecord } from '@bailiwick/contract'

/**
 * A task's whole journal, whoever writes it.
 *
 * @throws InputError where the run has no such task; JournalError where this version cannot read all of it
 */
export async function readTask(bus: Bus, run: string, task: string): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  const journal = openJournal(bus, await journalOf(bus, run, task))
  for await (const record of journal.read()) records.push(record)
  return records
}

/** A task's journal as far as this version can read it, and what it cannot. @throws as {@link readTask} */
export async function showTask(bus: Bus, run: string, task: string): Promise<RunReply<'journal'>> {
  const reply: RunReply<'journal'> = { records: [], unreadable: [] }
  const journal = openJournal(bus, await journalOf(bus, run, task), {
    onSetAside: ({ sequence, reason, text }) =>
      reply.unreadable.push({ task, message: sequence, reason, text }),
  })
  for await (const record of journal.read()) reply.records.push(record)
  return reply
}

async function journalOf(bus: Bus, run: string, task: string) {
  const [found] = await journalsOf(bus, run, task)
  if (found !== undefined) return found
  throw new InputError(`run ${run} has no task ${task}; "bailiwick show ${run}" lists them`)
}

/** Where the journals of a run are, or of one task of it. */
export async function journalsOf(bus: Bus, run: string, task: string) {
  const subject = SUBJECTS.journal('*', run, task)
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  return Object.keys(state.subjects ?? {}).flatMap((name) => parseJournalSubject(name) ?? [])
}
