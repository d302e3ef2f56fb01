import { InputError } from '@bailiwick/core/contract'
import type { StoredMsg } from '@nats-io/jetstream'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { readStored } from '../journal/read-stored.ts'
import { STREAMS } from '../protocol/places.ts'
import { ringSchema } from '../protocol/ring.ts'
import type { DeadTask } from '../protocol/run-ops.ts'
import { persist } from '../publish/persist.ts'
import { ringTask } from './ring-task.ts'

/** What the server says when it gives up on a message, or when a consumer does. */
const advisorySchema = z.object({
  type: z.string(),
  consumer: z.string(),
  stream_seq: z.number(),
  deliveries: z.number().default(0),
  timestamp: z.string(),
  reason: z.string().default(''),
})
type Advisory = z.infer<typeof advisorySchema>

/** What a host gives as the reason when it rejects a task. */
const rejectionSchema = z.object({ run: z.string(), task: z.string(), reason: z.string() })

interface DeadLetter extends DeadTask {
  /** In the stream of dead letters. */
  sequence: number
  /** In the stream of tasks, where the message is still there. */
  bell: number | undefined
}

/**
 * Tasks that are given to nobody any more, newest last: rejected by a host, or delivered as often as they
 * may be without being settled.
 */
export async function listDead(bus: Bus): Promise<DeadTask[]> {
  return (await deadLetters(bus)).map(({ sequence: _, bell: __, ...task }) => task)
}

/**
 * Gives a dead task to its agent again.
 *
 * @throws InputError when there is no such dead task.
 */
export async function retryDead(bus: Bus, task: string): Promise<DeadTask> {
  const letters = (await deadLetters(bus)).filter((letter) => letter.task === task)
  const letter = letters.at(-1)
  if (letter === undefined)
    throw new InputError(`no task ${task} is dead: \`bailiwick dead\` lists those that are`)
  // The old message still hangs there, un-pending: with it, ringing again would change nothing.
  if (letter.bell !== undefined) await remove(bus, STREAMS.task, letter.bell)
  await ringTask(bus, { agent: letter.agent, run: letter.run, task, ring: Date.now() })
  for (const { sequence } of letters) await remove(bus, STREAMS.dead, sequence)
  const { sequence: _, bell: __, ...dead } = letter
  return dead
}

async function deadLetters(bus: Bus): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>()
  for await (const message of readStored(bus, { stream: STREAMS.dead, subject: '>' })) {
    const advisory = advisorySchema.safeParse(message.json())
    const letter = advisory.success ? await readLetter(bus, advisory.data, message.seq) : undefined
    if (letter === undefined) continue
    letters.delete(letter.task)
    letters.set(letter.task, letter)
  }
  return [...letters.values()]
}

async function readLetter(bus: Bus, advisory: Advisory, sequence: number): Promise<DeadLetter | undefined> {
  const { consumer: agent, deliveries: attempts, stream_seq: bell } = advisory
  const base = { agent, attempts, at: Date.parse(advisory.timestamp), sequence }
  if (advisory.type.endsWith('.terminated')) {
    const rejection = rejectionSchema.safeParse(parseJson(advisory.reason))
    return rejection.success ? { ...base, ...rejection.data, bell: undefined } : undefined
  }
  const message = await bellAt(bus, bell)
  const ring = ringSchema.safeParse(message === undefined ? undefined : parseJson(message.string()))
  if (!ring.success) return undefined
  const { run, task } = ring.data
  return { ...base, run, task, bell, reason: `given to a host ${attempts} times and never settled` }
}

/** The message, if nobody has settled it since. */
async function bellAt(bus: Bus, seq: number): Promise<StoredMsg | undefined> {
  return persist(bus, 'reading a dead task', undefined, async () => {
    try {
      return (await bus.jsm.streams.getMessage(STREAMS.task, { seq })) ?? undefined
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return undefined
      throw error
    }
  })
}

async function remove(bus: Bus, stream: string, seq: number): Promise<void> {
  await persist(bus, `removing message ${seq} of ${stream}`, undefined, async () => {
    try {
      await bus.jsm.streams.deleteMessage(stream, seq)
    } catch (error) {
      if (!(error instanceof Error) || !/no message found|message not found/.test(error.message)) throw error
    }
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
