import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { encodeUser, fmtCreds } from '@nats-io/jwt'
import { createUser, fromSeed } from '@nats-io/nkeys'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import {
  type Effect,
  type EventMessage,
  type Evidence,
  type JournalMessage,
  journalEntries,
  type Queue,
} from './evidence.ts'
import { hasEvent } from './judge-projection.ts'

/**
 * Time for the queue to become empty and for the last events, ms. A host that finds a task in use by another host
 * releases its bell only after 30 s, because that other host might be dead.
 */
const SETTLE_MS = 40_000
const CHECK_EVERY_MS = 250

/** The part of a server's key file that signs users. */
interface Keys {
  seeds: { account: string }
}

/**
 * Opens the judge's own connection. The owner of an account can always sign another user, without the daemon. This one
 * may read every stream and consumer.
 *
 * @param keysFile undefined for servers without accounts
 */
export async function connectAuditor(url: string, keysFile: string | undefined): Promise<NatsConnection> {
  if (keysFile === undefined) return connect({ servers: url.split(',') })
  const { seeds }: Keys = JSON.parse(readFileSync(keysFile, 'utf8'))
  const user = createUser()
  const jwt = await encodeUser('auditor', user, fromSeed(new TextEncoder().encode(seeds.account)))
  return connect({ servers: url, authenticator: credsAuthenticator(fmtCreds(jwt, user)) })
}

export interface ReadOptions {
  runs: readonly string[]
  effectsFile: string
  /** Time for the runs to end, ms. */
  patienceMs: number
}

/** Reads all evidence once the runs have ended and queue and events have settled, or the time for that is over. */
export async function readEvidence(
  connection: NatsConnection,
  { runs, effectsFile, patienceMs }: ReadOptions,
): Promise<Evidence> {
  let until = Date.now() + patienceMs
  let ended = false
  for (;;) {
    try {
      const journal = await Promise.all(
        (await readStream(connection, 'JOURNAL')).map((message) => journalMessage(connection, message)),
      )
      const entries = journalEntries(journal)
      const ends = entries.filter(({ run, record }) => runs.includes(run) && record.type === 'run.ended')
      if (!ended && new Set(ends.map(({ run }) => run)).size === runs.length) {
        ended = true
        until = Date.now() + SETTLE_MS
      }
      const events = (await readStream(connection, 'EVENT')).map(eventMessage)
      const queue = await readQueue(connection)
      const expected = entries.filter(({ record }) => hasEvent(record)).length
      const settled = ended && isEmpty(queue) && events.length >= expected
      if (settled || Date.now() > until) {
        const dead = (await readStream(connection, 'DEAD')).map((message) => message.string())
        return { journal, events, queue, dead, effects: readEffects(effectsFile) }
      }
    } catch (error) {
      // A cluster whose server was just killed does not answer until it has chosen another leader.
      if (Date.now() > until) throw error
    }
    await sleep(CHECK_EVERY_MS)
  }
}

function isEmpty({ messages, consumers }: Queue): boolean {
  return messages === 0 && consumers.every(({ pending, unacknowledged }) => pending + unacknowledged === 0)
}

async function readQueue(connection: NatsConnection): Promise<Queue> {
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info('TASK')
  const consumers: Queue['consumers'] = []
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list('TASK')) {
    consumers.push({ name, pending: num_pending, unacknowledged: num_ack_pending })
  }
  return { messages: state.messages, consumers }
}

/** Reads every message that a stream has now, in order. */
async function readStream(connection: NatsConnection, stream: string): Promise<JsMsg[]> {
  const found: JsMsg[] = []
  const consumer = await jetstream(connection).consumers.get(stream, { deliver_policy: DeliverPolicy.All })
  const { num_pending } = await consumer.info()
  if (num_pending > 0) {
    for await (const message of await consumer.consume()) {
      found.push(message)
      if (message.info.pending === 0) break
    }
  }
  // The daemon evicts users with too many readers.
  await consumer.delete()
  return found
}

async function journalMessage(connection: NatsConnection, message: JsMsg): Promise<JournalMessage> {
  const { seq: sequence, subject } = message
  const body = parse(message.string())
  const stored =
    body?.spilled === undefined ? body?.records : await readSpilled(connection, body.spilled as Spilled)
  const records = Array.isArray(stored) ? (stored as JournalMessage['records']) : undefined
  return { sequence, subject, storedAt: message.info.timestampNanos / 1e6, records }
}

/** Where the records of a large append are. */
interface Spilled {
  /** `record/<run>/<writer>/<id>` */
  key: string
  size: number
}

const CHUNK_BYTES = 131_072

/** Reads the records of a large append, which are stored in chunks. @returns undefined if a chunk is missing */
async function readSpilled(connection: NatsConnection, { key, size }: Spilled): Promise<unknown> {
  const manager = await jetstreamManager(connection)
  const subject = `bailiwick.v1.stored.${key.replaceAll('/', '.')}`
  const chunks: Uint8Array[] = []
  for (let index = 0; index * CHUNK_BYTES < size; index += 1) {
    const chunk = await manager.streams.getMessage('RECORDS', { last_by_subj: `${subject}.${index}` })
    if (chunk === null) return undefined
    chunks.push(chunk.data)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function eventMessage(message: JsMsg): EventMessage {
  const messageId = message.headers?.get('Nats-Msg-Id') ?? ''
  return {
    sequence: message.seq,
    subject: message.subject,
    messageId,
    event: message.json<EventMessage['event']>(),
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readEffects(file: string): Effect[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}
