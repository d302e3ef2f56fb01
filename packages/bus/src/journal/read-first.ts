import { InputError, type JournalRecord } from '@bailiwick/contract'
import { runOfTask } from '../access/run-of-task.ts'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { storedMessages } from '../streams/stored-messages.ts'
import { resolveMessage } from './resolve-message.ts'

/**
 * The run of an open task. It comes from the task's bell, because only the coordinator can ring. A host may append to
 * any journal under its own name, also under another run.
 *
 * @throws InputError if no such task waits or is at work
 */
export async function requireRun(
  bus: Bus,
  { writer, task }: { writer: string; task: string },
  signal?: AbortSignal,
): Promise<string> {
  const run = await runOfTask(bus, { writer, task }, signal)
  if (run !== undefined) return run
  throw new InputError(
    `Agent ${writer} has no task ${task} that waits or is at work. Only such a task may call.`,
  )
}

/**
 * The run and the first record of an open task, from what the coordinator wrote; never from the caller.
 *
 * @throws InputError if no such task waits or is at work
 */
export async function readFirst(
  bus: Bus,
  { writer, task }: { writer: string; task: string },
  signal?: AbortSignal,
): Promise<{ run: string; record: JournalRecord }> {
  const run = await requireRun(bus, { writer, task }, signal)
  const address = { writer, run, task }
  const subject = SUBJECTS.journal(writer, run, task)
  for await (const message of storedMessages(bus, { stream: STREAMS.journal, subject }, signal)) {
    const record = (await resolveMessage(bus, address, message.string())).records[0]
    if (record !== undefined) return { run, record }
  }
  throw new InputError(
    `The journal of task ${task} of agent ${writer} is empty: the coordinator has not created the task.`,
  )
}
