import { randomUUID } from 'node:crypto'
import { FencedError, type Journal, JournalError, type JournalRecord } from '@bailiwick/contract'
import { JetStreamApiError } from '@nats-io/jetstream'
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
import { readStored } from '../streams/read-stored.ts'
import { type ResolvedMessage, resolveMessage } from './resolve-message.ts'
import { spillRecords } from './spill.ts'

/** The server's code for "wrong last sequence": another writer has appended. */
const WRONG_LAST_SEQUENCE = 10071
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
}

/**
 * A task's journal in JetStream. One append is one publish that expects the subject's last sequence, so the journal is
 * its own fence. Before the first read or write, the journal is expected to be empty.
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
  { onSetAside }: OpenJournalOptions = {},
): Journal {
  const subject = SUBJECTS.journal(address.writer, address.run, address.task)
  // Readers of prompts read any journal in their own name; hosts read those of their tasks.
  const reader = bus.user !== undefined && isPromptReader(bus.user) ? undefined : address
  let fence = 0
  let last: Promise<unknown> = Promise.resolve()

  async function* read(): AsyncGenerator<JournalRecord> {
    const given = bus.firsts.given.take(subject)
    if (given !== undefined) {
      yield* readable(await resolveMessage(bus, reader, given.text), given.sequence)
      fence = given.sequence
      return
    }
    let end = 0
    for await (const message of readStored(bus, { stream: STREAMS.journal, subject })) {
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
    for (;;) {
      try {
        const expect = { lastSubjectSequence: fence }
        const { seq } = await publishDurably(bus, subject, payload, { msgID, expect })
        if (fence === 0) bus.firsts.written.keep(subject, { sequence: seq, text: payload })
        else bus.firsts.written.take(subject)
        fence = seq
        return
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error
        const found = await whatFollows(bus, subject, fence, msgID)
        if (found.kind === 'taken') throw fenced(address, found.sequence, error)
        fence = found.sequence
        if (found.kind === 'own') return
      }
    }
  }

  return {
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
  bus: Bus,
  subject: string,
  fence: number,
  msgID: string,
): Promise<{ kind: 'own' | 'foreign' | 'taken'; sequence: number }> {
  let sequence = fence
  for await (const message of readStored(bus, {
    stream: STREAMS.journal,
    subject,
    fromSequence: fence + 1,
  })) {
    sequence = message.seq
    if (message.headers?.get(MESSAGE_ID) === msgID) return { kind: 'own', sequence }
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
