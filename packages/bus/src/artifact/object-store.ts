import { createHash } from 'node:crypto'
import { parseJson } from '@bailiwick/contract'
import { type ObjectStore, Objm } from '@nats-io/obj'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { objectStream } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { readStored } from '../streams/read-stored.ts'

const opened = new WeakMap<Bus, Map<string, ObjectStore>>()

/**
 * An object-store bucket that the coordinator created. Does not check that it exists, because most users may not read
 * its state.
 */
export async function objectBucket(bus: Bus, bucket: string): Promise<ObjectStore> {
  const ofBus = opened.get(bus) ?? new Map<string, ObjectStore>()
  opened.set(bus, ofBus)
  const store = ofBus.get(bucket) ?? (await new Objm(bus.js).open(bucket, false))
  ofBus.set(bucket, store)
  return store
}

const entrySchema = z.lazy(() =>
  z.object({
    nuid: z.string().regex(/^\w+$/),
    chunks: z.number().int().nonnegative(),
    deleted: z.boolean().optional(),
  }),
)

/** An object's entry in the object store (NATS ADR-20): the name of its chunks, and their number. */
export interface ObjectEntry {
  nuid: string
  chunks: number
}

/** The latest entry under a key, or the first one that is stored. Undefined if there is none, or no valid one. */
export async function findEntry(
  bus: Bus,
  { bucket, key }: { bucket: string; key: string },
  which: 'latest' | 'first',
): Promise<ObjectEntry | undefined> {
  const encoded = Buffer.from(key).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const subject = `$O.${bucket}.M.${encoded}`
  const query = which === 'latest' ? { last_by_subj: subject } : { seq: 1, next_by_subj: subject }
  const message = await bus.jsm.streams.getMessage(objectStream(bucket), query)
  const entry = entrySchema.safeParse(parseJson(message?.string() ?? ''))
  return entry.success && entry.data.deleted !== true ? entry.data : undefined
}

/**
 * The chunks of an object, in order. The client's own way to read leaves a consumer on the server for five minutes
 * after each read.
 */
export async function* readChunks(
  bus: Bus,
  bucket: string,
  { nuid, chunks }: ObjectEntry,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (chunks === 0) return
  let count = 0
  const where = { stream: objectStream(bucket), subject: `$O.${bucket}.C.${nuid}` }
  for await (const message of readStored(bus, where, signal)) {
    yield Uint8Array.from(message.data)
    count += 1
    // Stop here: a user may have had replies of the server stored behind the chunks.
    if (count === chunks) return
  }
}

/** An object that is identified by its digest. */
export interface ObjectRef {
  bucket: string
  key: string
  /** Hex. */
  sha256: string
}

/**
 * The bytes with this digest, or the problem, as the end of a sentence about the object.
 *
 * NATS sends replies to any subject that the requester names, so to the entry of another user's file too. Such a reply
 * is stored after the entry and does not replace it. If the latest entry does not match, this reads the first one: the
 * writer removes earlier entries when it writes.
 */
export async function readObject(
  bus: Bus,
  ref: ObjectRef,
  doing: string,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array } | { problem: string }> {
  let other: Uint8Array | undefined
  for (const which of ['latest', 'first'] as const) {
    const entry = await persist(bus, doing, signal, () => findEntry(bus, ref, which))
    if (entry === undefined) continue
    const chunks: Uint8Array[] = []
    for await (const chunk of readChunks(bus, ref.bucket, entry, signal)) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (digest(bytes) === ref.sha256) return { bytes }
    other ??= bytes
  }
  if (other !== undefined) {
    return { problem: `was replaced: expected sha256 ${ref.sha256}, found ${digest(other)}` }
  }
  return { problem: 'is gone: it was deleted, or has expired' }
}

/** SHA-256, hex. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
