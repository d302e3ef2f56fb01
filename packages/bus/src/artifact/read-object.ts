import { createHash } from 'node:crypto'
import type { Bus } from '../connect/bus.ts'
import { persist } from '../publish/persist.ts'
import { findEntry, readPieces } from './object-store.ts'

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
  let other: Uint8Array | undefined
  for (const which of ['latest', 'first'] as const) {
    const entry = await persist(bus, doing, signal, () => findEntry(bus, ref, which))
    if (entry === undefined) continue
    const pieces: Uint8Array[] = []
    for await (const piece of readPieces(bus, ref.bucket, entry, signal)) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    if (digest(bytes) === ref.sha256) return { bytes }
    other ??= bytes
  }
  if (other !== undefined) {
    return { problem: `was replaced: wanted sha256 ${ref.sha256}, got ${digest(other)}` }
  }
  return { problem: 'is gone: it was deleted, or is older than files are kept' }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
