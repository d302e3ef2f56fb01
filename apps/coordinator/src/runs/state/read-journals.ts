import {
  type Bus,
  COORDINATOR,
  type JournalAddress,
  openJournal,
  parseJournalSubject,
  type RunReply,
  readAppends,
  STREAMS,
  SUBJECTS,
} from '@bailiwick/bus'
import { InputError, JournalError, type JournalRecord } from '@bailiwick/contract'
import { foldRun, type RunState } from './run-state.ts'
import { TaskViews } from './task-views.ts'
import { UnreadableList } from './unreadable-list.ts'

/** A run that no daemon drives, as far as this version can read its journals. */
export interface StoredRun {
  state: RunState
  /** All tasks, including delegates. */
  views: TaskViews
}

/**
 * Reads a run and its tasks from their journals; undefined if there is no such run.
 *
 * @throws JournalError if the beginning of the run's journal is unreadable
 */
export async function readRun(bus: Bus, run: string): Promise<StoredRun | undefined> {
  const views = new TaskViews()
  const own: JournalRecord[] = []
  for await (const append of readAppends(bus, run)) {
    views.take(append)
    if (append.writer === COORDINATOR && append.task === 'run') own.push(...append.records)
  }
  const state = foldRun(own)
  if (state === undefined) requireReadable(run, views.unreadable)
  return state && { state, views }
}

/** Reads a run's own journal. @throws as {@link readRun} */
export async function readRunState(bus: Bus, run: string): Promise<RunState | undefined> {
  const unreadable = new UnreadableList()
  const address = { writer: 'coordinator', run, task: 'run' }
  const state = foldRun(await readReadable(bus, address, unreadable))
  if (state === undefined) requireReadable(run, unreadable)
  return state
}

/** @throws JournalError if the run's own journal has something that this version cannot read */
function requireReadable(run: string, unreadable: UnreadableList): void {
  const problem = unreadable.list().find(({ task }) => task === 'run')
  if (problem !== undefined) {
    throw new JournalError(`Cannot read the journal of run ${run}: ${problem.reason}`)
  }
}

/**
 * Reads the whole journal of a task.
 *
 * @throws InputError if the run has no such task; JournalError if this version cannot read all of it
 */
export async function readTask(bus: Bus, run: string, task: string): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  const journal = openJournal(bus, await journalOf(bus, run, task))
  for await (const record of journal.read()) records.push(record)
  return records
}

/** Reads the journal of a task as far as this version can, and lists the rest. @throws InputError as {@link readTask} */
export async function readTaskLeniently(bus: Bus, run: string, task: string): Promise<RunReply<'journal'>> {
  const reply: RunReply<'journal'> = { records: [], unreadable: [] }
  const journal = openJournal(bus, await journalOf(bus, run, task), {
    onSetAside: ({ sequence, reason, text }) =>
      reply.unreadable.push({ task, message: sequence, reason, text }),
  })
  for await (const record of journal.read()) reply.records.push(record)
  return reply
}

async function journalOf(bus: Bus, run: string, task: string): Promise<JournalAddress> {
  const [found] = await journalsOf(bus, run, task)
  if (found !== undefined) return found
  throw new InputError(
    `Expected a task of run ${run}, found "${task}". "bailiwick show ${run}" lists its tasks.`,
  )
}

/** The addresses of a run's journals, or of one task's. */
async function journalsOf(bus: Bus, run: string, task: string): Promise<JournalAddress[]> {
  const subject = SUBJECTS.journal('*', run, task)
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  return Object.keys(state.subjects ?? {}).flatMap((name) => parseJournalSubject(name) ?? [])
}

async function readReadable(
  bus: Bus,
  address: JournalAddress,
  unreadable: UnreadableList,
): Promise<JournalRecord[]> {
  const { task } = address
  const onSetAside = ({ sequence, reason }: { sequence: number; reason: string }) =>
    unreadable.add({ task, message: sequence, reason })
  const records: JournalRecord[] = []
  for await (const record of openJournal(bus, address, { onSetAside, short: true }).read())
    records.push(record)
  return records
}
