import { InputError, parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import type { DeadTask } from '../protocol/run-ops.ts'
import { readStored } from '../streams/read-stored.ts'
import { findBell, removeBell, removeMessage } from './bell.ts'
import { ringTask } from './ring-task.ts'

/** The server's advisory when it gives up on a message, or when a host rejects one. */
const advisorySchema = z.lazy(() =>
  z.object({
    type: z.string(),
    consumer: z.string(),
    stream_seq: z.number(),
    deliveries: z.number().default(0),
    timestamp: z.string(),
    reason: z.string().default(''),
  }),
)
type Advisory = z.infer<typeof advisorySchema>

/** A host's reason when it rejects a task. */
const rejectionSchema = z.lazy(() =>
  z.object({
    run: z.string(),
    task: z.string(),
    reason: z.string(),
    /** Deliveries of all bells of the task: the server counts only those of the last bell. */
    attempts: z.number().optional(),
  }),
)

interface DeadLetter extends DeadTask {
  /** In the stream of dead letters. */
  sequence: number
  /** In the stream of tasks, if the message is still there. */
  bell: number | undefined
}

/**
 * Tasks that the queue no longer delivers, the newest last: a host rejected them, or they reached the maximum of
 * deliveries without being settled.
 */
export async function listDead(bus: Bus): Promise<DeadTask[]> {
  return (await deadLetters(bus)).map(({ sequence: _, bell: __, ...task }) => task)
}

/** Puts a dead task into its agent's queue again. @throws InputError if there is no such dead task */
export async function retryDead(bus: Bus, task: string): Promise<DeadTask> {
  const letters = (await deadLetters(bus)).filter((letter) => letter.task === task)
  const letter = letters.at(-1)
  if (letter === undefined)
    throw new InputError(`No dead task ${task}. \`bailiwick dead\` lists the dead tasks.`)
  // The old message is still in the stream, and as long as it is there, ringing changes nothing.
  if (letter.bell !== undefined) await removeBell(bus, letter.bell)
  await ringTask(bus, { agent: letter.agent, run: letter.run, task, ring: Date.now() })
  for (const { sequence } of letters) await removeMessage(bus, STREAMS.dead, sequence)
  const { sequence: _, bell: __, ...dead } = letter
  return dead
}

async function deadLetters(bus: Bus): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>()
  for await (const message of readStored(bus, { stream: STREAMS.dead, subject: '>' })) {
    const advisory = advisorySchema.safeParse(parseJson(message.string()))
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
    if (!rejection.success) return undefined
    return { ...base, ...rejection.data, attempts: rejection.data.attempts ?? attempts, bell: undefined }
  }
  // The bell is gone if a host has settled it since.
  const found = await findBell(bus, { sequence: bell })
  if (found === undefined) return undefined
  const { run, task } = found.ring
  return { ...base, run, task, bell, reason: `delivered ${attempts} times and never settled` }
}
