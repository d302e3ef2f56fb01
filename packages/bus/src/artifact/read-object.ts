import { createHash } from 'node:crypto'
import { deferred } from '@bailiwick/contract'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { parseJson } from '../protocol/parse-json.ts'
import { objectStream } from '../protocol/places.ts'
import { explain } from '../publish/explain.ts'
import { isTransient } from '../publish/is-transient.ts'
import { persist } from '../publish/persist.ts'
import { objectBucket } from './object-bucket.ts'

/** Something in an object store that is known by its digest. */
export interface ObjectRef {
  bucket: string
  key: string
  /** In hexadecimal digits. */
  sha256: string
}

/**
 * The bytes with this digest, or what is wrong, said of the object.
 *
 * NATS answers to any subject that the asker names, the entry of somebody else's file among them. Such an answer is
 * stored behind the entry, not instead of it: where the latest is not the one, the first is looked at, before which
 * its writer has removed all others.
 */
export async function readObject(
  bus: Bus,
  ref: ObjectRef,
  doing: string,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array } | { problem: string }> {
  const latest = await persist(bus, doing, signal, () => readLatest(bus, ref, doing))
  if (latest !== undefined && digest(latest) === ref.sha256) return { bytes: latest }
  const first = await persist(bus, doing, signal, () => readFirstStored(bus, ref))
  if (first !== undefined && digest(first) === ref.sha256) return { bytes: first }
  const other = latest ?? first
  if (other !== undefined) {
    return { problem: `was replaced: wanted sha256 ${ref.sha256}, got ${digest(other)}` }
  }
  return { problem: 'is gone: it was deleted, or is older than files are kept' }
}

/** What the client's own way of reading finds, if anything that it can read. */
async function readLatest(
  bus: Bus,
  { bucket, key }: ObjectRef,
  doing: string,
): Promise<Uint8Array | undefined> {
  try {
    return (await (await objectBucket(bus, bucket)).getBlob(key)) ?? undefined
  } catch (error) {
    // What it throws of an entry that is none has no class of its own.
    if (isTransient(error) || explain(error, doing) !== error) throw error
    return undefined
  }
}

const entrySchema = deferred(() => z.object({ nuid: z.string(), chunks: z.number().int().nonnegative() }))

async function readFirstStored(bus: Bus, { bucket, key }: ObjectRef): Promise<Uint8Array | undefined> {
  const encoded = Buffer.from(key).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const [message] = await readNext(bus, bucket, `M.${encoded}`, 1)
  const entry = entrySchema.safeParse(parseJson(message?.toString('utf8') ?? ''))
  if (!entry.success) return undefined
  // So many and no more: answers may stand behind the pieces as well.
  return Buffer.concat(await readNext(bus, bucket, `C.${entry.data.nuid}`, entry.data.chunks))
}

/** The first messages of a subject, one by one: all that readers of files are allowed. */
async function readNext(bus: Bus, bucket: string, name: string, count: number): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let seq = 1; found.length < count; ) {
    const query = { seq, next_by_subj: `$O.${bucket}.${name}` }
    const message = await bus.jsm.streams.getMessage(objectStream(bucket), query)
    if (message === null) break
    found.push(Buffer.from(message.data))
    seq = message.seq + 1
  }
  return found
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
