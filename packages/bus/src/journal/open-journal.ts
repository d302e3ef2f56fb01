import { randomUUID } from 'node:crypto'
import { FencedError, type Journal, JournalError, type JournalRecord } from '@bailiwick/contract'
import { JetStreamApiError, type JsMsg, type StoredMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import {
  encodeJournalMessage,
  encodeSpilled,
  parseJournalMessage,
  type SetAside,
} from '../protocol/journal-message.ts'
import { LARGE_BYTES, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { isPromptReader } from '../protocol/users.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { WRONG_LAST_SEQUENCE } from '../publish/publish-once.ts'
import { readStored } from '../streams/read-stored.ts'
import { storedMessages } from '../streams/stored-messages.ts'
import { type ResolvedMessage, resolveMessage } from './resolve-message.ts'
import { spillRecords } from './spill.ts'

const MESSAGE_ID = 'Nats-Msg-Id'

/** Identifies a journal. A run's own journal is that of the coordinator's task `run`. */
export interface JournalAddress {
  writer: string
  run: string
  task: string
}

/** Options of {@link openJournal}. */
export interface OpenJournalOptions {
  /**
   * Called with what this version cannot read, and the message's sequence in the stream; reading continues without
   * it. For showing or ending a task. Default: reading fails, because no host can resume from half a journal.
   */
  onSetAside?(aside: SetAside & { sequence: number }): void
  /**
   * The journal has few messages: they are read one by one, without a consumer. For the coordinator, which has no
   * other use for a journal of a run.
   */
  short?: boolean
  /** Sequence of the journal's last message, if the caller knows it. Default: the journal is expected to be empty. */
  after?: number
}

/** A journal in JetStream. */
export interface BusJournal extends Journal {
  /** Sequence in the stream of the last message that was read or written here; 0 before that. */
  readonly sequence: number
}

/**
 * A task's journal in JetStream. One append is one publish that expects the subject's last sequence, so the journal is
 * its own fence. Before the first read or write, the journal is expected to be empty, or to end at `after`.
 *
 * Appends survive restarts of the server: they wait until it is back, and never write twice.
 *
 * @throws JournalError when reading what this version does not know, unless there is an `onSetAside`
 * @example
 * const journal = openJournal(bus, { writer: 'analyst', run: 'r1', task: 'r1-t1' })
 * for await (const record of journal.read()) console.log(record.type)
 */
export function openJournal(
  bus: Bus,
  address: JournalAddress,
  { onSetAside, short = false, after = 0 }: OpenJournalOptions = {},
): BusJournal {
  const subject = SUBJECTS.journal(address.writer, address.run, address.task)
  // Readers of prompts read any journal in their own name; hosts read those of their tasks.
  const reader = bus.user !== undefined && isPromptReader(bus.user) ? undefined : address
  const stored = short ? storedMessages : readStored
  let fence = after
  let last: Promise<unknown> = Promise.resolve()

  async function* read(): AsyncGenerator<JournalRecord> {
    const given = bus.firsts.given.take(subject)
    if (given !== undefined) {
      yield* readable(await resolveMessage(bus, reader, given.text), given.sequence)
      fence = given.sequence
      return
    }
    let end = 0
    for await (const message of stored(bus, { stream: STREAMS.journal, subject })) {
      yield* readable(await resolveMessage(bus, reader, message.string()), message.seq)
      end = message.seq
    }
    fence = end
  }

  function readable({ records, setAside, foreign }: ResolvedMessage, sequence: number): JournalRecord[] {
    // Skip messages that no writer produced.
    for (const aside of foreign ? [] : setAside) {
      if (onSetAside !== undefined) onSetAside({ ...aside, sequence })
      else throw new JournalError(unreadable(address.task, sequence, aside.reason))
    }
    return records
  }

  async function write(records: JournalRecord[]): Promise<void> {
    const payload = await encode(bus, address, records)
    // Nobody can guess the id: it is unique in the stream, and another message with it would make ours a duplicate.
    const msgID = randomUUID()
    // A new run is refused. What has begun waits until there is room.
    const ifFull = fence === 0 && address.task === 'run' ? 'fail' : 'wait'
    for (;;) {
      try {
        const expect = { lastSubjectSequence: fence }
        const { seq } = await publishDurably(bus, subject, payload, { msgID, expect, ifFull })
        if (fence === 0) bus.firsts.written.keep(subject, { sequence: seq, text: payload })
        else bus.firsts.written.take(subject)
        fence = seq
        return
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error
        const found = await whatFollows(
          stored(bus, { stream: STREAMS.journal, subject, fromSequence: fence + 1 }),
          fence,
          msgID,
        )
        if (found.kind === 'taken') throw fenced(address, found.sequence, error)
        fence = found.sequence
        if (found.kind === 'own') return
      }
    }
  }

  return {
    get sequence() {
      return fence
    },
    read,
    append(records) {
      if (records.length === 0) return Promise.resolve()
      const written = last.then(() => write(records))
      // The next append waits for this one, failed or not. The caller of this one gets the error.
      last = written.catch(() => {})
      return written
    },
  }
}

function unreadable(task: string, sequence: number, reason: string): string {
  return `Cannot read message ${sequence} of the journal of task ${task}: ${reason}`
}

async function encode(bus: Bus, address: JournalAddress, records: JournalRecord[]): Promise<string> {
  const text = encodeJournalMessage(records)
  if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES) return text
  return encodeSpilled(await spillRecords(bus, address, JSON.stringify(records)))
}

/**
 * What the journal holds after the fence, if the server says that it holds something:
 * `own`: this very append, whose acknowledgement was lost;
 * `foreign`: only replies of the server that a user had sent here, so no append and no takeover;
 * `taken`: another writer's append.
 */
async function whatFollows(
  following: AsyncIterable<JsMsg | StoredMsg>,
  fence: number,
  msgID: string,
): Promise<{ kind: 'own' | 'foreign' | 'taken'; sequence: number }> {
  let sequence = fence
  for await (const message of following) {
    sequence = message.seq
    const headers = 'header' in message ? message.header : message.headers
    if (headers?.get(MESSAGE_ID) === msgID) return { kind: 'own', sequence }
    if (parseJournalMessage(message.string()).kind !== 'foreign') return { kind: 'taken', sequence }
  }
  // Nothing follows, but the fence is wrong: the journal was purged while this writer had it open.
  if (sequence === fence) return { kind: 'taken', sequence }
  return { kind: 'foreign', sequence }
}

function fenced(address: JournalAddress, sequence: number, cause: unknown): FencedError {
  return new FencedError(
    `Another host took over task ${address.task}: its journal has message ${sequence} of another writer. This host must stop.`,
    { cause },
  )
}
