import { createHash } from 'node:crypto'
import type { ArtifactRef } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { CHUNK_BYTES, chunkCount, MAX_FILE_BYTES, parseKey } from '../protocol/files.ts'
import { type FileOptions, fileAccess } from './file-access.ts'

/** Chunks that are requested ahead of the reader. */
const READ_AHEAD = 8

/**
 * The bytes of a file, in memory. Checks them against the reference.
 *
 * @throws BusError `bad-artifact` if the file is gone or differs from the reference, `no-toolbox` if none runs;
 * RefusedError if the caller may not read it
 * @example
 * const text = Buffer.from(await getArtifact(client, ref)).toString()
 */
export async function getArtifact(
  bus: Bus,
  ref: ArtifactRef,
  options: FileOptions = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readArtifact(bus, ref, options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Options of {@link readArtifact}. */
export interface ReadOptions extends FileOptions {
  /** The first byte to read. Default 0. A part of a file is not compared with the digest. */
  from?: number
}

/**
 * The bytes of a file in order, without holding all of them. Throws at the end if they differ from the reference, so use
 * what was read only then.
 *
 * @throws as {@link getArtifact}
 * @example
 * await pipeline(readArtifact(client, ref), createWriteStream('report.pdf'))
 */
export async function* readArtifact(
  bus: Bus,
  ref: ArtifactRef,
  { from = 0, ...options }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const { name, size, sha256 } = ref
  const key = parseKey(ref.key)
  if (key === undefined || size > MAX_FILE_BYTES) {
    throw new BusError('bad-artifact', `Expected the reference of a stored file, found ${ref.key} (${name}).`)
  }
  const access = fileAccess(bus, options)
  const hash = createHash('sha256')
  const count = chunkCount(size)
  const ahead: Promise<Uint8Array>[] = []
  const first = Math.floor(from / CHUNK_BYTES)
  for (let next = first, index = first; index < count; index++) {
    for (; next < Math.min(count, index + READ_AHEAD); next++) {
      const chunk = access.read(key, next)
      // It is awaited in its turn, and until then its failure is not unhandled.
      chunk.catch(() => {})
      ahead.push(chunk)
    }
    const chunk = await ahead.shift()
    options.signal?.throwIfAborted()
    const expected = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES)
    if (chunk?.length !== expected)
      throw replaced(ref, `a part of ${chunk?.length} bytes in place of ${expected}`)
    if (from === 0) hash.update(chunk)
    yield chunk.subarray(Math.max(0, from - index * CHUNK_BYTES))
  }
  if (from > 0) return
  const found = hash.digest('hex')
  if (found !== sha256) throw replaced(ref, `sha256 ${found} in place of ${sha256}`)
}

function replaced({ name, key }: ArtifactRef, found: string): BusError {
  return new BusError(
    'bad-artifact',
    `Expected the file ${name} (${key}) as its reference describes it, found ${found}. The file or the reference was changed.`,
  )
}
