import type { StreamState } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { persist } from '../publish/persist.ts'
import type { Gap } from './follow-stream.ts'
import { getStored } from './stored-messages.ts'

/** A message that a stream had: its sequence, and when the server stored it, Unix milliseconds. */
export interface Mark {
  sequence: number
  time: number
}

/** What a stream has lost at its end. */
export interface Loss extends Gap {
  /** Whether the server gives the lost sequences to new messages. Otherwise it knows that they are gone. */
  reused: boolean
}

/** The times of a message differ by so much, because readers round it in different ways. Milliseconds. */
const ROUNDING_MS = 1

/** The state of a stream. `lost` is present if the server has dropped damaged messages since it started. */
export async function readState(
  bus: Bus,
  stream: string,
  signal: AbortSignal,
): Promise<StreamState & { lost?: { bytes: number } }> {
  const { state } = await persist(bus, `reading the state of ${stream}`, signal, () =>
    bus.jsm.streams.info(stream),
  )
  return state
}

/**
 * What a stream has lost up to a message that it had: because a file was damaged, or because the server runs on an older
 * copy of its data. New messages may have taken the lost sequences already.
 */
export async function findLoss(
  bus: Bus,
  stream: string,
  mark: Mark,
  signal: AbortSignal,
): Promise<Loss | undefined> {
  const { last_seq, lost } = await readState(bus, stream, signal)
  const next = (sequence: number) => nextMessage(bus, stream, sequence, signal)
  const found = last_seq < mark.sequence ? undefined : await next(mark.sequence)
  if (found?.sequence === mark.sequence) {
    if (Math.abs(found.time - mark.time) <= ROUNDING_MS) return undefined
    // Another message has the sequence, so the lost ones begin with the first newer message.
    const from = await firstWhere(mark.sequence, async (n) => ((await next(n))?.time ?? 0) > mark.time)
    return { from, to: mark.sequence, reused: true }
  }
  if (last_seq < mark.sequence) {
    const from = await firstWhere(last_seq + 1, async (n) => ((await next(n))?.time ?? Infinity) > mark.time)
    return { from, to: mark.sequence, reused: true }
  }
  // The message was deleted with its run, unless the server says that it dropped messages.
  if (lost === undefined) return undefined
  const from = await firstWhere(
    mark.sequence,
    async (n) => ((await next(n))?.sequence ?? Infinity) > mark.sequence,
  )
  return { from, to: (found?.sequence ?? last_seq + 1) - 1, reused: false }
}

/** The message with this sequence, or the next one that there is. */
async function nextMessage(
  bus: Bus,
  stream: string,
  sequence: number,
  signal: AbortSignal,
): Promise<Mark | undefined> {
  // The client's type lacks the combination of a sequence and a subject, which the server accepts.
  const message = await getStored(
    bus,
    stream,
    { seq: sequence, next_by_subj: '>' } as { seq: number },
    signal,
  )
  return message && { sequence: message.seq, time: message.time.getTime() }
}

/** The smallest number from 1 to `end` for which the test holds. It holds for `end` and for all after the smallest. */
async function firstWhere(end: number, holds: (n: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [1, end]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
