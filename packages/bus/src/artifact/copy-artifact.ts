import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { getArtifact } from './get-artifact.ts'
import { findEntry, objectBucket, readChunks } from './object-store.ts'
import { putArtifact } from './put-artifact.ts'

/**
 * Copies a file to another writer's bucket, for users that cannot read the original. Repeating it changes nothing.
 * Only the coordinator does this.
 *
 * @throws BusError `bad-artifact` if the file is gone or differs from the reference; then there is no copy
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
  // The latest entry is not the writer's. `getArtifact` finds the writer's entry, or says what is wrong.
  return putArtifact(
    bus,
    { ...to, name, mediaType, sha256, bytes: await getArtifact(bus, ref, signal) },
    signal,
  )
}

/** Copies chunk by chunk. @returns undefined if the latest entry is missing or not the file of the reference */
async function copyStream(
  bus: Bus,
  ref: ArtifactRef,
  to: { writer: string; key: string },
  signal: AbortSignal | undefined,
): Promise<ArtifactRef | undefined> {
  const { name, mediaType, sha256 } = ref
  const source = { bucket: artifactBucket(ref.writer), key: ref.key }
  const doing = `reading the file ${name}`
  const entry = await persist(bus, doing, signal, () => findEntry(bus, source, 'latest'))
  if (entry === undefined) return undefined
  const stream = ReadableStream.from(readChunks(bus, source.bucket, entry, signal))
  const copy = await putArtifact(bus, { ...to, name, mediaType, stream, sha256 }, signal)
  return copy.sha256 === sha256 ? copy : undefined
}
