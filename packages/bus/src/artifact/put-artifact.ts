import { createHash } from 'node:crypto'
import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { digest, objectBucket } from './object-store.ts'

/** A file to store. */
export interface NewArtifact {
  /** The bucket's writer: `user`, `coordinator`, `toolbox`, or an agent's name. */
  writer: string
  /** Its name in the bucket; by convention `<run>/<name>`. A second file with this key replaces the first. */
  key: string
  /** The file's name for people, without folders. */
  name: string
  mediaType: string
  /** The expected digest, hex, if known. Stored with the file. */
  sha256?: string
}

/** The file's bytes, or a stream of them, which is read once. */
export type ArtifactContent = { bytes: Uint8Array } | { stream: ReadableStream<Uint8Array> }

/**
 * Stores a file of a run, of any size. Sends `bytes` again if the server was away; a `stream` cannot be read twice, so
 * then it fails.
 *
 * @returns the reference to put into messages instead of the file
 */
export async function putArtifact(
  bus: Bus,
  artifact: NewArtifact & ArtifactContent,
  signal?: AbortSignal,
): Promise<ArtifactRef> {
  const { writer, key, name, mediaType, sha256 } = artifact
  const open = () => objectBucket(bus, artifactBucket(writer))
  const meta = { name: key, metadata: { name, mediaType, ...(sha256 !== undefined && { sha256 }) } }
  if ('bytes' in artifact) {
    const { bytes } = artifact
    await persist(bus, `storing the file ${name}`, signal, async () => (await open()).putBlob(meta, bytes))
    return { writer, key, name, mediaType, size: bytes.length, sha256: digest(bytes) }
  }
  const hash = createHash('sha256')
  let size = 0
  const counted = artifact.stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        hash.update(chunk)
        size += chunk.length
        controller.enqueue(chunk)
      },
    }),
    signal === undefined ? {} : { signal },
  )
  await (await open()).put(meta, counted)
  return { writer, key, name, mediaType, size, sha256: hash.digest('hex') }
}
