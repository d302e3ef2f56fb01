import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { artifactBucket } from '../protocol/places.ts'
import { readObject } from './object-store.ts'

/**
 * The bytes of a file. Checks them against the reference.
 *
 * @throws BusError `bad-artifact` if the file is gone or differs from the reference
 */
export async function getArtifact(bus: Bus, ref: ArtifactRef, signal?: AbortSignal): Promise<Uint8Array> {
  const { writer, key, name, sha256 } = ref
  const expected = { bucket: artifactBucket(writer), key, sha256 }
  const read = await readObject(bus, expected, `reading the file ${name}`, signal)
  if ('bytes' in read) return read.bytes
  throw new BusError('bad-artifact', `The file ${name} (${key} of ${writer}) ${read.problem}.`)
}
