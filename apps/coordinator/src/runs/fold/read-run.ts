import { type Bus, type JournalAddress, openJournal } from '@bailiwick/bus'
import { JournalError, type JournalRecord } from '@bailiwick/contract'
import { journalsOf } from './read-task.ts'
import { foldRun, type RunState } from './run-state.ts'
import { Unread } from './unread.ts'
import { foldWatchedTask, type WatchedTask } from './watched-task.ts'

/** A run that nobody follows any more, as its journals say, as far as this version can read them. */
export interface StoredRun {
  state: RunState
  /** Every task, delegates included. */
  tasks: Map<string, WatchedTask>
  unread: Unread
}

/** @returns undefined where there is no such run; @throws JournalError where its beginning cannot be read */
export async function readRun(bus: Bus, run: string): Promise<StoredRun | undefined> {
  const unread = new Unread()
  const state = await readRunState(bus, run, unread)
  if (state === undefined) return undefined
  const tasks = new Map<string, WatchedTask>()
  for (const address of await journalsOf(bus, run, '*')) {
    if (address.task === 'run') continue
    let task: WatchedTask | undefined
    for (const record of await readLeniently(bus, address, unread)) {
      task = foldWatchedTask(task, record, address.writer)
    }
    if (task !== undefined) tasks.set(address.task, task)
  }
  return { state, tasks, unread }
}

/** A run's own state, without its tasks'. @throws as {@link readRun} */
export async function readRunState(
  bus: Bus,
  run: string,
  unread = new Unread(),
): Promise<RunState | undefined> {
  const address = { writer: 'coordinator', run, task: 'run' }
  const state = foldRun(await readLeniently(bus, address, unread))
  const [problem] = unread.list()
  if (state === undefined && problem !== undefined) {
    throw new JournalError(`the journal of run ${run} cannot be read: ${problem.reason}`)
  }
  return state
}

async function readLeniently(bus: Bus, address: JournalAddress, unread: Unread): Promise<JournalRecord[]> {
  const { task } = address
  const onSetAside = ({ sequence, reason }: { sequence: number; reason: string }) =>
    unread.add({ task, message: sequence, reason })
  const records: JournalRecord[] = []
  for await (const record of openJournal(bus, address, { onSetAside }).read()) records.push(record)
  return records
}
