import { InputError, type JournalRecord } from '@bailiwick/contract'
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
 * The run and first record of a task that is at work, as the coordinator recorded them; never as the
 * caller says. The run is taken from the task's doorbell, because the coordinator alone can ring: a host
 * may append to any journal under its own name, also under another run's.
 *
 * @throws InputError when no such task is waiting or at work.
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
    `task ${task} of agent ${writer} has an empty journal: its coordinator has not created it`,
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
    throw new InputError(`agent ${writer} has no task ${task} waiting or at work: only such a task may call`)
  }
  const ring = ringSchema.safeParse(bell.json())
  if (!ring.success)
    throw new InputError(`the bell of task ${task} cannot be read: ${z.prettifyError(ring.error)}`)
  return ring.data.run
}
