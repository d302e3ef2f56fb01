import { type Bus, type JournalAddress, openJournal, readLast, ringTask, sendControl } from '@bailiwick/bus'
import {
  hasCode,
  type JournalRecord,
  NO_USAGE,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
} from '@bailiwick/contract'
import type { IndexedTask } from '../run-index.ts'
import type { RunContext } from '../state/run-context.ts'
import { openAttempts } from '../state/run-state.ts'

/** How long tasks get to stop when their run ends. Milliseconds. */
const CANCEL_MS = 3_000

/** How often ending a task is tried whose host appends meanwhile. */
const MAX_TRIES = 5

/**
 * Creates a task by writing its first record.
 *
 * @param forked the records that a fork takes over from another task
 * @returns the sequence of the append; 0 if the task existed, perhaps created by another coordinator. The same id is
 *   the same task
 */
export async function createTask(
  bus: Bus,
  spec: TaskSpec,
  forked: readonly JournalRecord[] = [],
): Promise<number> {
  // The journal is not read first, so the fence accepts the append only if it is the first one.
  const journal = openJournal(bus, { writer: spec.agent, run: spec.run, task: spec.task }, { short: true })
  try {
    await journal.append([{ type: 'task.created', at: Date.now(), ...spec }, ...forked])
    return journal.sequence
  } catch (error) {
    if (!hasCode(error, 'fenced')) throw error
    return 0
  }
}

/** Puts a task into its agent's queue. If the queue is full, ends the task as `rejected` instead of waiting. */
export async function ringOrReject(
  bus: Bus,
  { agent, run, task }: Pick<TaskSpec, 'agent' | 'run' | 'task'>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await ringTask(bus, { agent, run, task, ring: Date.now() }, signal)
  } catch (error) {
    if (!hasCode(error, 'queue-full')) throw error
    const ending = { status: 'rejected', error: { code: 'queue-full', message: error.message } } as const
    await endTask(bus, { writer: agent, run, task }, ending)
  }
}

/** The result of a task; undefined if it has not ended. */
export async function readEnd(bus: Bus, address: JournalAddress): Promise<TaskResult | undefined> {
  return resultIn((await readLast(bus, address)).records)
}

/**
 * Ends a task that no host will end. Does nothing if the task has ended. The fence prevents it from ending a task that a
 * host has just started.
 *
 * @param asked calls of the task that wait for a decision, which is not needed any more
 * @returns whether the task has ended, here or before
 */
export async function endTask(
  bus: Bus,
  address: JournalAddress,
  ending: Pick<TaskResult, 'status' | 'error'>,
  asked: readonly string[] = [],
): Promise<boolean> {
  // A record that this version cannot read must not keep its run waiting. It is listed with the run.
  const { sequence, records } = await readLast(bus, address)
  if (resultIn(records) !== undefined) return true
  const result: TaskResult = { usage: NO_USAGE, artifacts: [], ...ending }
  const journal = openJournal(bus, address, { short: true, after: sequence })
  const at = Date.now()
  const withdrawn = asked.map((call): JournalRecord => {
    // A call's id begins with the number of its step.
    return { type: 'call.withdrawn', at, step: Number.parseInt(call, 10), call }
  })
  try {
    await journal.append([...withdrawn, { type: 'task.ended', at, ...result }])
    return true
  } catch (error) {
    if (!hasCode(error, 'fenced')) throw error
    return false
  }
}

/** Stops all open tasks of a run that ends, including delegates. */
export async function stopTasks(context: RunContext, reason: string): Promise<void> {
  const { bus, log, index, own } = context
  context.isEnding = true
  await own.stop(log.run, () => new Error(reason))
  const canceled = { status: 'canceled', error: { code: 'canceled', message: reason } } as const
  const left = new Set(index.get(log.run)?.tasks)

  // Cancel a task before its delegates. Otherwise it would treat their ends as failures and continue.
  const stop = async (one: IndexedTask): Promise<void> => {
    left.delete(one)
    const isStopping = await tellHost(context, one, reason)
    const end = () => endOpenTask(context, one, canceled, isStopping)
    if (!isStopping) await end()
    const delegates = [...left].filter(({ parent }) => parent?.task === one.task)
    await Promise.all([...(isStopping ? [end()] : []), ...delegates.map(stop)])
  }

  const tasks = [...left]
  const hasParent = ({ parent }: IndexedTask) => tasks.some(({ task }) => task === parent?.task)
  await Promise.all([
    ...openAttempts(log.state)
      .filter((attempt) => attempt.own)
      .map(({ task }) => endTask(bus, { writer: 'coordinator', run: log.run, task }, canceled)),
    ...tasks.filter((one) => !hasParent(one)).map(stop),
  ])
  // Compromised hosts could record that each of two tasks is the other's parent.
  for (const one of left) await stop(one)
}

/** Tells the host of a task, if it is at work, that the task ends. @returns whether the host stops it */
async function tellHost(
  { bus, signal }: RunContext,
  { task, agent, host, waiting }: IndexedTask,
  reason: string,
): Promise<boolean> {
  // A host that has just taken it notices at its first append.
  if (host === undefined || waiting !== undefined) return false
  const replies = await sendControl(bus, agent, 'cancel', { task, reason }, { signal })
  return replies.some(({ done }) => done)
}

/** Ends a task of a run that ends, if its host does not within {@link CANCEL_MS}. */
async function endOpenTask(
  { bus, log, signal, untilEnd }: RunContext,
  { task, agent, created, asked }: IndexedTask,
  ending: Pick<TaskResult, 'status' | 'error'>,
  isStopping: boolean,
): Promise<void> {
  const address = { writer: agent, run: log.run, task }
  // A task without a journal has not begun, and nobody else knows of it.
  if (created === 0 && (await readLast(bus, address)).sequence === 0) return
  if (isStopping) {
    await untilEnd(task, AbortSignal.any([signal, AbortSignal.timeout(CANCEL_MS)])).catch(() => {})
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (await endTask(bus, address, ending, asked)) return
  }
}

function resultIn(records: readonly JournalRecord[]): TaskResult | undefined {
  const last = records.findLast((record) => record.type === 'task.ended')
  return last && taskResultOf(last)
}
