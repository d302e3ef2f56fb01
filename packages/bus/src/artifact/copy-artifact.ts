import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { objectBucket } from './object-bucket.ts'
import { putArtifact } from './put-artifact.ts'

/**
 * Keeps a file once more, for others than those who may read it where it is. Doing it again changes nothing.
 * For the coordinator.
 *
 * @throws BusError `bad-artifact` when it is gone, or is not what the reference says: nothing is kept then
 */
export async function copyArtifact(
  bus: Bus,
  ref: ArtifactRef,
  to: { writer: string; key: string },
  signal?: AbortSignal,
): Promise<ArtifactRef> {
  const target = await objectBucket(bus, artifactBucket(to.writer))
  const known = await persist(bus, `looking for the file ${ref.name}`, signal, () => target.info(to.key))
  if (known?.metadata?.sha256 === ref.sha256) return { ...ref, ...to }
  const source = await objectBucket(bus, artifactBucket(ref.writer))
  const found = await persist(bus, `fetching the file ${ref.name}`, signal, () => source.get(ref.key))
  if (found === null) throw notThat(ref, 'is gone: it was deleted, or is older than files are kept')
  const { name, mediaType, sha256 } = ref
  const copy = await putArtifact(bus, { ...to, name, mediaType, stream: found.data, sha256 }, signal)
  if (copy.sha256 !== sha256) {
    await target.delete(to.key)
    throw notThat(ref, `was replaced: wanted sha256 ${sha256}, got ${copy.sha256}`)
  }
  return copy
}

function notThat({ name, key, writer }: ArtifactRef, why: string): BusError {
  return new BusError('bad-artifact', `the file ${name} (${key} of ${writer}) ${why}`)
}
