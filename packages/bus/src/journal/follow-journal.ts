import { JOURNAL_VERSION, type JournalRecord } from '@bailiwick/contract'
import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import type { SetAside } from '../protocol/journal-message.ts'
import { STREAMS } from '../protocol/places.ts'
import { parseJournalSubject, SUBJECTS } from '../protocol/subjects.ts'
import { followStream, type Gap } from '../streams/follow-stream.ts'
import { readStored } from '../streams/read-stored.ts'
import type { JournalAddress } from './open-journal.ts'
import { type ResolvedMessage, resolveMessage } from './resolve-message.ts'

/** One append to one journal. */
export interface JournalAppend extends JournalAddress {
  /** In the stream: counts the appends of all journals together. */
  sequence: number
  records: JournalRecord[]
  /** What this version could not read. Usually empty. */
  setAside: SetAside[]
  /** No journal wrote this message. All of it is set aside, and the journal misses nothing. */
  foreign: boolean
  /** When the server stored it, Unix milliseconds; present if something was set aside, which has no readable time. */
  storedAt?: number
}

/** One append to one journal, not read yet. */
export interface StoredAppend extends JournalAddress {
  /** As in {@link JournalAppend}. */
  sequence: number
  /** When the server stored it, Unix milliseconds. */
  storedAt: number
  /** Size of the stored text. */
  bytes: number
  /** Appends that are stored and come after it. */
  behind: number
  /**
   * Whether the stored text contains one of these texts, such as `"type":"task.ended"`. An append with large records
   * is stored without them, so it counts as containing everything.
   */
  mentions(texts: readonly string[]): boolean
  /**
   * Reads the records. Sets aside what this version cannot read.
   *
   * @param wanted the types of the records that the caller needs. Default: all. Checking the others costs most of the time
   */
  read(wanted?: (type: unknown) => boolean): Promise<ResolvedMessage>
}

/** Options of {@link followJournal}. */
export interface FollowJournalOptions extends Partial<JournalAddress> {
  /** Where to begin. Default 1: the oldest append in the stream. */
  fromSequence?: number
  signal?: AbortSignal
}

/** Options of {@link followAppends}. */
export interface FollowAppendsOptions extends FollowJournalOptions {
  /** Only journals of these writers. */
  writers?: readonly string[]
  /** Called once, when every append that was stored at the start has been taken. */
  caughtUp?(): void
  /** Called if the stream has lost appends that it once had. Other appends get their sequences. */
  lost?(gap: Gap): void
}

/** Every append, in order: stored ones, then new ones, until aborted. */
export async function* followJournal(
  bus: Bus,
  options: FollowJournalOptions = {},
): AsyncGenerator<JournalAppend> {
  for await (const append of followAppends(bus, options)) yield readAppend(append)
}

/** As {@link followJournal}, for a reader of all journals that needs the contents of few appends. */
export async function* followAppends(
  bus: Bus,
  options: FollowAppendsOptions = {},
): AsyncGenerator<StoredAppend> {
  const { writer = '*', run = '*', task = '*', fromSequence = 1, signal, lost } = options
  const writers = options.writers ?? [writer]
  const source = {
    stream: STREAMS.journal,
    subject: writers.map((one) => SUBJECTS.journal(one, run, task)),
    from: fromSequence,
  }
  let { caughtUp } = options
  let behind: number | undefined
  const took = () => {
    if (behind !== 0) return
    behind = undefined
    caughtUp?.()
    caughtUp = undefined
  }
  const opened = (pending: number) => {
    behind = pending
    took()
  }
  for await (const message of followStream(bus, source, signal, opened, lost)) {
    const append = openAppend(bus, message)
    // Skip messages that no writer published: a user can have a stored message delivered into the stream.
    if (append !== undefined) yield append
    if (behind !== undefined) behind -= 1
    took()
  }
}

/** Every append to the journals of one run that is stored at the call, in order. */
export async function* readAppends(
  bus: Bus,
  run: string,
  signal?: AbortSignal,
): AsyncGenerator<JournalAppend> {
  const where = { stream: STREAMS.journal, subject: SUBJECTS.journal('*', run, '*') }
  for await (const message of readStored(bus, where, signal)) {
    const append = openAppend(bus, message)
    if (append !== undefined) yield readAppend(append)
  }
}

async function readAppend({
  writer,
  run,
  task,
  sequence,
  storedAt,
  read,
}: StoredAppend): Promise<JournalAppend> {
  const { records, setAside, foreign } = await read()
  const stored = setAside.length === 0 ? {} : { storedAt }
  return { writer, run, task, sequence, records, setAside, foreign, ...stored }
}

function openAppend(bus: Bus, message: JsMsg): StoredAppend | undefined {
  const address = parseJournalSubject(message.subject)
  if (address === undefined) return undefined
  const { data, seq } = message
  return {
    ...address,
    sequence: seq,
    bytes: data.length,
    behind: message.info.pending,
    get storedAt() {
      return message.time.getTime()
    },
    mentions(texts) {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      return bytes.subarray(0, SPILLED.length).equals(SPILLED) || texts.some((text) => bytes.includes(text))
    },
    read: (wanted) => resolveMessage(bus, undefined, message.string(), wanted),
  }
}

/** How the text of an append begins whose records are stored elsewhere. */
const SPILLED = Buffer.from(`{"v":${JOURNAL_VERSION},"spilled":`)
