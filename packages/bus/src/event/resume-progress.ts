import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { findLoss, type Mark, readState } from '../streams/find-loss.ts'
import type { Gap } from '../streams/follow-stream.ts'
import { epochOf, type Progress } from './checkpoint.ts'
import { lastEvent } from './last-event.ts'
import { PublishedIds, parseEventId } from './published-ids.ts'

/** Where the projection continues, and the events after that place that are published already. */
export interface Resumed {
  progress: Progress
  published: PublishedIds
  /** The last sequence of EVENT. */
  eventEnd: number
}

const NONE: Progress = { position: 0, eventSequence: 0, resets: [], dropped: { journal: 0, event: 0 } }

/**
 * The progress of a store without a checkpoint.
 *
 * @param isNew whether it never had one: an earlier version has published its events, strictly in order
 */
export async function beginProgress(bus: Bus, isNew: boolean, signal: AbortSignal): Promise<Progress> {
  if (!isNew) return wholeProgress(bus, NONE, signal)
  const last = await lastEvent(bus, signal)
  const id = parseEventId(last?.event.id ?? '')
  if (last === undefined || id === undefined) return NONE
  // Events of the same message precede it, and replies of the server that users had stored there may lie between.
  return { ...NONE, position: id.sequence - 1, eventSequence: Math.max(0, last.sequence - id.index - 1_000) }
}

/** The progress that has every event compared: what EVENT lacks is published again. */
async function wholeProgress(
  bus: Bus,
  { resets, ...known }: Progress,
  signal: AbortSignal,
): Promise<Progress> {
  const counts = (sequence: number, epoch: number) => epochOf(resets, sequence) === epoch
  const { first } = await PublishedIds.read(bus, 1, counts, signal)
  const { first_seq } = await readState(bus, STREAMS.event, signal)
  // The oldest events were deleted on purpose if the stream does not begin with its first message.
  const position = first_seq > 1 && first > 0 ? first - 1 : 0
  return { ...known, resets, position, eventSequence: 0 }
}

/**
 * Compares the streams with the last known progress, and reports what is lost.
 *
 * @param seen the last message of JOURNAL that this process has read
 */
export async function resumeProgress(
  bus: Bus,
  known: Progress,
  seen: Mark | undefined,
  report: { onLost: ((gap: Gap) => void) | undefined; note(line: string): void },
  signal: AbortSignal,
): Promise<Resumed> {
  const journal = await readState(bus, STREAMS.journal, signal)
  const event = await readState(bus, STREAMS.event, signal)
  const dropped = { journal: journal.lost?.bytes ?? 0, event: event.lost?.bytes ?? 0 }
  const mark = [known.seen, seen].reduce(
    (a, b) => ((b?.sequence ?? 0) > (a?.sequence ?? 0) ? b : a),
    undefined,
  )
  let progress: Progress = { ...known, dropped, ...(mark !== undefined && { seen: mark }) }
  const lose = ({ from, to, reused }: Gap & { reused: boolean }) => {
    report.note(lostMessages(from, to))
    report.onLost?.({ from, to })
    if (!reused) return
    const { seen: _, ...kept } = progress
    progress = {
      ...kept,
      position: Math.min(progress.position, from - 1),
      resets: [...progress.resets, from],
    }
  }
  const loss = mark && (await findLoss(bus, STREAMS.journal, mark, signal))
  const isReported = dropped.journal === 0 || dropped.journal === known.dropped.journal
  if (loss?.reused || (loss !== undefined && !isReported)) lose(loss)
  else if (!isReported) {
    report.note(droppedBytes(dropped.journal))
    report.onLost?.({ from: 1, to: journal.last_seq })
  }
  if (event.last_seq < known.eventSequence || (dropped.event > 0 && dropped.event !== known.dropped.event)) {
    report.note('EVENT lost some of its events. They are published again, after newer ones.')
    progress = await wholeProgress(bus, progress, signal)
  }
  const read = () => {
    const { resets, position, eventSequence } = progress
    const counts = (sequence: number, epoch: number) =>
      sequence > position && epochOf(resets, sequence) === epoch
    return PublishedIds.read(bus, eventSequence + 1, counts, signal)
  }
  let published = await read()
  if (published.last > journal.last_seq) {
    // Events of messages that JOURNAL does not have.
    lose({ from: journal.last_seq + 1, to: published.last, reused: true })
    published = await read()
  }
  return { progress, published, eventEnd: Math.max(event.last_seq, progress.eventSequence) }
}

function lostMessages(from: number, to: number): string {
  const which = from === to ? `message ${from}` : `messages ${from} to ${to}`
  return `JOURNAL lost ${which}: the server does not have them any more (a damaged file, a full disk, or an older copy of the data). Their runs continue from what is left; a run whose first message is lost is gone. If you have a backup, shut down and restore it. Otherwise check the disk.`
}

function droppedBytes(bytes: number): string {
  return `JOURNAL lost messages: the server found a damaged file and dropped ${bytes} bytes. Runs continue from what is left. If you have a backup, shut down and restore it. Otherwise check the disk.`
}
