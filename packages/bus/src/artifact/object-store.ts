import { parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { objectStream } from '../protocol/places.ts'
import { readStored } from '../streams/read-stored.ts'

const entrySchema = z.lazy(() =>
  z.object({
    nuid: z.string().regex(/^\w+$/),
    chunks: z.number().int().nonnegative(),
    deleted: z.boolean().optional(),
  }),
)

/** What an object store (NATS ADR-20) says of an object: under which name its pieces are, and how many. */
export interface ObjectEntry {
  nuid: string
  chunks: number
}

/**
 * The entry under a key: the latest, or the first that is stored. Undefined where there is none, or something else
 * in its place.
 */
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
 * The pieces of an object, in order. The client's own way of reading leaves a consumer on the server for five
 * minutes, each time.
 */
export async function* readPieces(
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
    // So many and no more: answers that were made to be stored here may stand behind them.
    if (count === chunks) return
  }
}
