import { InputError, type JournalRecord, parseJson } from '@bailiwick/contract'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { ringSchema } from '../protocol/ring.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import { readStored } from '../streams/read-stored.ts'
import { resolveMessage } from './resolve-message.ts'

/**
 * The run and the first record of an open task, from what the coordinator wrote; never from the caller. The run comes
 * from the task's bell, because only the coordinator can ring. A host may append to any journal under its own name,
 * also under another run.
 *
 * @throws InputError if no such task waits or is at work
 */
export async function readFirst(
  bus: Bus,
  { writer, task }: { writer: string; task: string },
  signal?: AbortSignal,
): Promise<{ run: string; record: JournalRecord }> {
  const run = await runOf(bus, writer, task, signal)
  const subject = SUBJECTS.journal(writer, run, task)
  for await (const message of readStored(bus, { stream: STREAMS.journal, subject }, signal)) {
    const record = (await resolveMessage(bus, writer, message.string())).records[0]
    if (record !== undefined) return { run, record }
  }
  throw new InputError(
    `The journal of task ${task} of agent ${writer} is empty: the coordinator has not created the task.`,
  )
}

async function runOf(
  bus: Bus,
  writer: string,
  task: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const bell = await persist(bus, `looking up task ${task}`, signal, async () => {
    try {
      return await bus.jsm.direct.getMessage(STREAMS.task, { last_by_subj: SUBJECTS.task(writer, task) })
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return null
      throw error
    }
  })
  if (bell === null) {
    throw new InputError(
      `Agent ${writer} has no task ${task} that waits or is at work. Only such a task may call.`,
    )
  }
  const ring = ringSchema.safeParse(parseJson(bell.string()))
  if (!ring.success)
    throw new InputError(`Cannot read the bell of task ${task}: ${z.prettifyError(ring.error)}`)
  return ring.data.run
}
