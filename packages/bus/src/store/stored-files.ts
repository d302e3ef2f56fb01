import { formatBytes, parseJson } from '@bailiwick/contract'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import {
  chunkCount,
  chunkSubject,
  entrySubject,
  type FileEntry,
  type FileKey,
  type FileKind,
  fileEntrySchema,
  fileStream,
  formatKey,
} from '../protocol/files.ts'
import { parseStoredSubject, SUBJECTS } from '../protocol/subjects.ts'
import { LIMIT_REACHED } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { WRONG_LAST_SEQUENCE } from '../publish/publish-once.ts'
import { firstStored, storedMessages } from '../streams/stored-messages.ts'
import { ChunkDigest } from './chunk-digest.ts'

/** Chunks to read at the same time when a finished file is checked. */
const READ_AHEAD = 8

/** Stores a chunk. Storing it again changes nothing, because readers take the first message of a subject. */
export async function storeChunk(
  bus: Bus,
  key: FileKey,
  index: number,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  await storeFirst(bus, chunkSubject(key, index), bytes, signal)
}

/** Stores a file's entry, which makes it visible. All of its chunks must be stored. */
export async function storeEntry(
  bus: Bus,
  key: FileKey,
  entry: FileEntry,
  signal?: AbortSignal,
): Promise<void> {
  await storeFirst(bus, entrySubject(key), Buffer.from(JSON.stringify(entry)), signal)
}

/** The size and digest of what is stored of a file of this size, up to the first chunk that is missing or not whole. */
export async function digestStored(
  bus: Bus,
  key: FileKey,
  expectedSize: number,
): Promise<{ size: number; sha256: string }> {
  const digest = new ChunkDigest()
  let index = 0
  for await (const chunk of storedChunks(bus, key, chunkCount(expectedSize), undefined)) {
    if (!digest.add(index, chunk)) break
    index += 1
  }
  return digest.end()
}

/** The entry of a complete file; undefined if there is none. */
export async function findEntry(
  bus: Bus,
  key: FileKey,
  signal?: AbortSignal,
): Promise<FileEntry | undefined> {
  const bytes = await firstMessage(bus, key.kind, entrySubject(key), signal)
  if (bytes === undefined) return undefined
  const entry = fileEntrySchema.safeParse(parseJson(new TextDecoder().decode(bytes)))
  return entry.success ? entry.data : undefined
}

/** The bytes of a chunk; undefined if it is not stored. */
function loadChunk(
  bus: Bus,
  key: FileKey,
  index: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  return firstMessage(bus, key.kind, chunkSubject(key, index), signal)
}

/**
 * The bytes of a chunk of a complete file.
 *
 * @param isKnown whether the file is known to be complete, so that only the chunk is looked up
 * @throws BusError `bad-artifact` if there is none
 */
export async function readChunk(
  bus: Bus,
  key: FileKey,
  index: number,
  { signal, isKnown = false }: { signal?: AbortSignal | undefined; isKnown?: boolean } = {},
): Promise<Uint8Array> {
  const [isComplete, chunk] = await Promise.all([
    isKnown || findEntry(bus, key, signal).then((entry) => entry !== undefined),
    loadChunk(bus, key, index, signal),
  ])
  if (isComplete && chunk !== undefined) return chunk
  throw new BusError('bad-artifact', `The file ${formatKey(key)} is gone: it was deleted, or has expired.`)
}

/** All bytes that are stored of a file of this size. */
export async function loadAll(bus: Bus, key: FileKey, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of storedChunks(bus, key, chunkCount(size), undefined)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A complete file, and where the stream has its entry. */
export interface ListedFile {
  key: FileKey
  entry: FileEntry
  sequence: number
}

/**
 * The entries of an owner's complete files of a kind and scope, in the order in which they were completed.
 *
 * @param fromSequence skips entries before it. Default: none
 */
export async function* listEntries(
  bus: Bus,
  { kind, scope, owner = '*' }: Omit<FileKey, 'id' | 'owner'> & { owner?: string },
  { fromSequence = 1, signal }: { fromSequence?: number; signal?: AbortSignal } = {},
): AsyncGenerator<ListedFile> {
  const subject = SUBJECTS.stored(kind, scope, owner, '*', 'entry')
  const where = { stream: fileStream(kind), subject, fromSequence }
  for await (const message of storedMessages(bus, where, signal)) {
    const parsed = parseStoredSubject(message.subject)
    const entry = fileEntrySchema.safeParse(parseJson(message.string()))
    if (parsed === undefined || !entry.success) continue
    const key = { kind, scope, owner: parsed.owner, id: parsed.id }
    yield { key, entry: entry.data, sequence: message.seq }
  }
}

/** Deletes a file, complete or not. */
export async function removeFile(bus: Bus, key: FileKey, signal?: AbortSignal): Promise<void> {
  await purgeStored(bus, key.kind, SUBJECTS.stored(key.kind, key.scope, key.owner, key.id, '*'), signal)
}

/** Deletes all files of a kind and scope. @returns the number of messages */
export function removeScope(bus: Bus, kind: FileKind, scope: string): Promise<number> {
  return purgeStored(bus, kind, SUBJECTS.stored(kind, scope, '*', '*', '*'))
}

async function purgeStored(bus: Bus, kind: FileKind, filter: string, signal?: AbortSignal): Promise<number> {
  return persist(
    bus,
    'deleting files',
    signal,
    async () => (await bus.jsm.streams.purge(fileStream(kind), { filter })).purged,
  )
}

/** All chunks in order, some read ahead. Ends at the first one that is missing. */
async function* storedChunks(
  bus: Bus,
  key: FileKey,
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const ahead: Promise<Uint8Array | undefined>[] = []
  for (let index = 0; index < count + READ_AHEAD; index++) {
    if (index < count) {
      const chunk = loadChunk(bus, key, index, signal)
      // It is awaited in its turn, and until then its failure is not unhandled.
      chunk.catch(() => {})
      ahead.push(chunk)
    }
    if (index < READ_AHEAD - 1) continue
    const chunk = await ahead.shift()
    if (chunk === undefined) return
    yield chunk
  }
}

/** Publishes unless the subject has a message already. */
async function storeFirst(
  bus: Bus,
  subject: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await publishDurably(bus, subject, bytes, {
      expect: { lastSubjectSequence: 0 },
      ...(signal !== undefined && { signal }),
    })
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error
    if (error.code === WRONG_LAST_SEQUENCE) return
    if (error.code !== LIMIT_REACHED) throw error
    throw new BusError(
      'store-full',
      `No space is left for ${formatBytes(bytes.length)} of a file: ${error.message}. Delete runs ("bailiwick purge"), or raise streams.artifactMaxBytes.`,
      { cause: error },
    )
  }
}

/**
 * The first message of a subject. Later ones do not count: a user may have a reply of the server stored under any
 * subject, but cannot guess the subject of a file that is not written yet.
 */
async function firstMessage(
  bus: Bus,
  kind: FileKind,
  subject: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  return (await firstStored(bus, { stream: fileStream(kind), subject }, signal))?.data
}
