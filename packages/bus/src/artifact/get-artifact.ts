import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { artifactBucket } from '../protocol/places.ts'
import { readObject } from './read-object.ts'

/**
 * The bytes of a file, checked against the reference.
 *
 * @throws BusError `bad-artifact` when it is gone, or is not what the reference says.
 */
export async function getArtifact(bus: Bus, ref: ArtifactRef, signal?: AbortSignal): Promise<Uint8Array> {
  const { writer, key, name, sha256 } = ref
  const wanted = { bucket: artifactBucket(writer), key, sha256 }
  const read = await readObject(bus, wanted, `fetching the file ${name}`, signal)
  if ('bytes' in read) return read.bytes
  throw new BusError('bad-artifact', `the file ${name} (${key} of ${writer}) ${read.problem}`)
}
