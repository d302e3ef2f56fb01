import { type Bus, openJournal, ringTask, sendControl } from '@bailiwick/bus'
import {
  hasCode,
  type Journal,
  type JournalRecord,
  NO_USAGE,
  type TaskResult,
  type TaskSpec,
} from '@bailiwick/contract'
import type { RunContext } from '../state/run-context.ts'
import { openAttempts } from '../state/run-state.ts'

/** How long tasks get to stop when their run ends. Milliseconds. */
const CANCEL_MS = 3_000

/**
 * Creates a task by writing its first record. Does nothing if the task exists.
 *
 * @param forked the records that a fork takes over from another task
 */
export async function createTask(
  bus: Bus,
  spec: TaskSpec,
  writer = spec.agent,
  forked: readonly JournalRecord[] = [],
): Promise<Journal> {
  // The journal is not read first, so the fence accepts the append only if it is the first one.
  const journal = openJournal(bus, { writer, run: spec.run, task: spec.task })
  try {
    await journal.append([{ type: 'task.created', at: Date.now(), ...spec }, ...forked])
  } catch (error) {
    // It exists, perhaps created by another coordinator. The same id is the same task.
    if (!hasCode(error, 'fenced')) throw error
  }
  return journal
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

/**
 * Ends a task that no host will end. Does nothing if the task has ended. The fence prevents it from ending a task that a
 * host has just started.
 */
export async function endTask(
  bus: Bus,
  address: { writer: string; run: string; task: string },
  ending: Pick<TaskResult, 'status' | 'error'>,
): Promise<void> {
  // A record that this version cannot read must not keep its run waiting. It is listed with the run.
  const journal = openJournal(bus, address, { onSetAside: () => {} })
  for await (const record of journal.read()) if (record.type === 'task.ended') return
  const result: TaskResult = { usage: NO_USAGE, artifacts: [], ...ending }
  try {
    await journal.append([{ type: 'task.ended', at: Date.now(), ...result }])
  } catch (error) {
    if (!hasCode(error, 'fenced')) throw error
  }
}

/** Stops all open tasks of a run that ends, including delegates. */
export async function stopTasks(context: RunContext, reason: string): Promise<void> {
  const { bus, log, watch, signal } = context
  const dispatched = openAttempts(log.state).map(({ task, agent, own }): [string, string] => [
    task,
    own ? 'coordinator' : agent,
  ])
  const followed = [...watch.tasks.values()]
    .filter(({ ended }) => ended === undefined)
    .map(({ created, writer }): [string, string] => [created.task, writer])
  await Promise.all(
    [...new Map([...dispatched, ...followed])].map(async ([task, writer]) => {
      // The coordinator's own tasks stopped when the signal aborted.
      const isOwn = writer === 'coordinator'
      const replies = isOwn ? [] : await sendControl(bus, writer, 'cancel', { task, reason }, { signal })
      if (replies.some(({ done }) => done)) {
        const timeout = AbortSignal.any([signal, AbortSignal.timeout(CANCEL_MS)])
        await watch.end(task, timeout).catch(() => {})
      }
      const canceled = { status: 'canceled', error: { code: 'canceled', message: reason } } as const
      await endTask(bus, { writer, run: log.run, task }, canceled)
    }),
  )
}
