import { BUCKETS, type Bus, putEntry, readEntry } from '@bailiwick/bus'
import { hasCode, InputError } from '@bailiwick/contract'
import { z } from 'zod'

/**
 * Version of what the streams and buckets hold. Raise it only if an older daemon would misread or damage the store. A
 * new record type, optional field, stream or bucket needs no new version.
 */
export const STORE_VERSION = 1

const KEY = 'store'
const storeSchema = z.object({
  v: z.number().int(),
  /** The version of Bailiwick that wrote this first. */
  bailiwick: z.string(),
})

/**
 * Refuses a store that a newer version wrote, before anything in it changes.
 *
 * @throws InputError that names the version to use
 */
export async function refuseNewerStore(bus: Bus): Promise<void> {
  const store = await readStore(bus)
  if (store === undefined || store.v <= STORE_VERSION) return
  throw new InputError(
    `Expected a store of version ${STORE_VERSION} or older, found version ${store.v}, which Bailiwick ${store.bailiwick} wrote. Start that version or a later one, or restore a backup to another data directory.`,
  )
}

/** Records the version of the store, so that an older daemon refuses it. */
export async function markStore(bus: Bus, bailiwick: string): Promise<void> {
  const store = await readStore(bus)
  if (store?.v === STORE_VERSION) return
  await putEntry(bus, BUCKETS.coordinators, KEY, { v: STORE_VERSION, bailiwick })
}

async function readStore(bus: Bus): Promise<z.infer<typeof storeSchema> | undefined> {
  try {
    return (await readEntry(bus, BUCKETS.coordinators, KEY, parseStore)).value
  } catch (error) {
    // A new store, or one of a version without this bucket.
    if (hasCode(error, 'bus-unprepared')) return undefined
    throw error
  }
}

function parseStore(value: unknown): z.infer<typeof storeSchema> | undefined {
  return storeSchema.safeParse(value).data
}
