import { parseJson } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { kvStream } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { readStored } from '../streams/read-stored.ts'

/**
 * Every valid entry of a bucket, as of the call. Skips keys without a value, and values that `parse` does not accept.
 *
 * @example
 * for await (const { key, value } of readEntries(bus, BUCKETS.runs, parseSummary)) summaries.set(key, value)
 */
export async function* readEntries<T>(
  bus: Bus,
  bucket: string,
  parse: (value: unknown) => T | undefined,
  signal?: AbortSignal,
): AsyncGenerator<{ key: string; value: T; revision: number }> {
  const prefix = `$KV.${bucket}.`
  const where = { stream: kvStream(bucket), subject: `${prefix}>` }
  for await (const message of readStored(bus, where, signal)) {
    const value = parse(parseJson(message.string()))
    if (value !== undefined && message.subject.startsWith(prefix)) {
      yield { key: message.subject.slice(prefix.length), value, revision: message.seq }
    }
  }
}

/** Removes everything that a bucket holds under a key, without a marker: watchers do not notice. */
export async function purgeEntry(bus: Bus, bucket: string, key: string, signal?: AbortSignal): Promise<void> {
  await persist(bus, `removing ${key} from the bucket ${bucket}`, signal, () =>
    bus.jsm.streams.purge(kvStream(bucket), { filter: `$KV.${bucket}.${key}` }),
  )
}
