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
import { publishDurably } from '../publish/publish-durably.ts'
import { readStored } from '../streams/read-stored.ts'
import { type ResolvedMessage, resolveMessage } from './resolve-message.ts'
import { spillRecords } from './spill.ts'

/** "wrong last sequence": somebody else has appended. */
const WRONG_LAST_SEQUENCE = 10071
const MESSAGE_ID = 'Nats-Msg-Id'

/** Whose journal, of which task. A run's own journal is the coordinator's task `run`. */
export interface JournalAddress {
  writer: string
  run: string
  task: string
}

export interface OpenJournalOptions {
  /**
   * Told of what this version cannot read, with the message's sequence in the stream; reading goes on without it.
   * For whoever shows or ends a task. Default: reading fails, because nobody can go on from half a journal.
   */
  onSetAside?(aside: SetAside & { sequence: number }): void
}

/**
 * A task's journal in JetStream. One append is one publish that expects the subject's last sequence, so
 * the journal is its own fence. A journal that was neither read nor written yet is expected to be empty.
 *
 * Appends survive restarts of the server: they wait until it is back and never write twice.
 *
 * @throws JournalError on reading what this version does not know, unless `onSetAside` is told of it
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
  let fence = 0
  let last: Promise<unknown> = Promise.resolve()

  async function* read(): AsyncGenerator<JournalRecord> {
    const given = bus.firsts.given.take(subject)
    if (given !== undefined) {
      yield* readable(await resolveMessage(bus, address.writer, given.text), given.sequence)
      fence = given.sequence
      return
    }
    let end = 0
    for await (const message of readStored(bus, { stream: STREAMS.journal, subject })) {
      yield* readable(await resolveMessage(bus, address.writer, message.string()), message.seq)
      end = message.seq
    }
    fence = end
  }

  function readable({ records, setAside, foreign }: ResolvedMessage, sequence: number): JournalRecord[] {
    // What no journal has written is no part of it, and can be left out.
    for (const aside of foreign ? [] : setAside) {
      if (onSetAside !== undefined) onSetAside({ ...aside, sequence })
      else throw new JournalError(unreadable(address.task, sequence, aside.reason))
    }
    return records
  }

  async function write(records: JournalRecord[]): Promise<void> {
    const payload = await encode(bus, address, records)
    // Unforeseeable: ids are the stream's, and a message under a known id would make ours a duplicate.
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
        const found = await lookAfter(bus, subject, fence, msgID)
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
      // The next append waits for this one, whatever becomes of it; its caller hears of the failure.
      last = written.catch(() => {})
      return written
    },
  }
}

function unreadable(task: string, sequence: number, reason: string): string {
  return `the journal of task ${task} cannot be read at message ${sequence}: ${reason}`
}

async function encode(bus: Bus, address: JournalAddress, records: JournalRecord[]): Promise<string> {
  const text = encodeJournalMessage(records)
  if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES) return text
  return encodeSpilled(await spillRecords(bus, address, JSON.stringify(records)))
}

/**
 * What stands after the fence, when the server says that something does:
 * `own` — this very append, whose acknowledgement was lost;
 * `foreign` — nothing but answers of the server that somebody had sent here: no append, so no takeover;
 * `taken` — another writer's append.
 */
async function lookAfter(
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
  // Fence and journal disagree, and nothing is there: the journal was purged under this writer.
  if (sequence === fence) return { kind: 'taken', sequence }
  return { kind: 'foreign', sequence }
}

function fenced(address: JournalAddress, sequence: number, cause: unknown): FencedError {
  return new FencedError(
    `task ${address.task} was taken over: its journal has another writer's message ${sequence}; this one must stop`,
    { cause },
  )
}
