import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { getArtifact } from './get-artifact.ts'
import { objectBucket } from './object-bucket.ts'
import { findEntry, readPieces } from './object-store.ts'
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
  const copy = await copyStream(bus, ref, to, signal)
  if (copy !== undefined) return copy
  await target.delete(to.key)
  const { name, mediaType, sha256 } = ref
  // Its entry is not the one that was written: looked for, or told why not.
  return putArtifact(
    bus,
    { ...to, name, mediaType, sha256, bytes: await getArtifact(bus, ref, signal) },
    signal,
  )
}

/** Copied piece by piece, whatever its size; undefined where there is nothing under the key, or something else. */
async function copyStream(
  bus: Bus,
  ref: ArtifactRef,
  to: { writer: string; key: string },
  signal: AbortSignal | undefined,
): Promise<ArtifactRef | undefined> {
  const { name, mediaType, sha256 } = ref
  const source = { bucket: artifactBucket(ref.writer), key: ref.key }
  const doing = `fetching the file ${name}`
  const entry = await persist(bus, doing, signal, () => findEntry(bus, source, 'latest'))
  if (entry === undefined) return undefined
  const stream = ReadableStream.from(readPieces(bus, source.bucket, entry, signal))
  const copy = await putArtifact(bus, { ...to, name, mediaType, stream, sha256 }, signal)
  return copy.sha256 === sha256 ? copy : undefined
}
