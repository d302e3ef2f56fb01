import { createHash } from 'node:crypto'
import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { artifactBucket } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'
import { objectBucket } from './object-bucket.ts'

/** A file to keep. */
export interface NewArtifact {
  /** Whose bucket: `user`, `coordinator`, `toolbox`, or an agent's name. */
  writer: string
  /** Its name in the bucket; by convention `<run>/<name>`. A second file under it replaces the first. */
  key: string
  /** The name that people see, without folders. */
  name: string
  mediaType: string
  /** What its digest must be, kept with it, where that is known before. */
  sha256?: string
}

/** Bytes that are at hand, or a stream of them, which is read once. */
export type ArtifactContent = { bytes: Uint8Array } | { stream: ReadableStream<Uint8Array> }

/**
 * Keeps a file of a run, of any size, and gives the reference that goes into messages instead. Bytes
 * are sent again when the server was away; a stream cannot be, and then fails.
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

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
