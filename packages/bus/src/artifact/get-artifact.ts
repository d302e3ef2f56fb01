import { createHash } from 'node:crypto'
import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { objectBucket } from './object-bucket.ts'

/**
 * The bytes of a file, checked against the reference.
 *
 * @throws BusError `bad-artifact` when it is gone, or is not what the reference says.
 */
export async function getArtifact(bus: Bus, ref: ArtifactRef, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = await persist(bus, `fetching the file ${ref.name}`, signal, async () => {
    const bucket = await objectBucket(bus, artifactBucket(ref.writer))
    return bucket.getBlob(ref.key)
  })
  if (bytes === null) {
    throw new BusError(
      'bad-artifact',
      `the file ${ref.name} (${ref.key} of ${ref.writer}) is gone: it was deleted, or is older than files are kept`,
    )
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== ref.sha256) {
    throw new BusError(
      'bad-artifact',
      `the file ${ref.name} (${ref.key} of ${ref.writer}) was replaced: wanted sha256 ${ref.sha256}, got ${sha256}`,
    )
  }
  return bytes
}
