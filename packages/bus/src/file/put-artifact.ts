import { createHash, randomUUID } from 'node:crypto'
import { type ArtifactRef, fileNameProblem, formatBytes, InputError, onAbort } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { CHUNK_BYTES, type FileKey, formatKey, MAX_FILE_BYTES, parseKey } from '../protocol/files.ts'
import { askerOn } from '../protocol/users.ts'
import { type FileAccess, type FileOptions, fileAccess } from './file-access.ts'

/** Chunks on their way at the same time. */
const WINDOW = 8

/** A file to store. */
export interface NewArtifact {
  run: string
  /** The file's name for people, without folders. */
  name: string
  mediaType: string
}

/** The file's bytes, or a stream of them, which is read once. */
export type ArtifactContent = { bytes: Uint8Array } | { stream: AsyncIterable<Uint8Array> }

/** Options of {@link putArtifact}. */
export interface PutOptions extends FileOptions {
  /** Called after each chunk, with the number of bytes that are stored. */
  onProgress?(bytes: number): void
  /** Bytes of the largest file. Default and maximum: {@link MAX_FILE_BYTES}. */
  maxBytes?: number
}

/**
 * Stores a file of a run that this user owns or has yet to submit. Sends chunk after chunk, so a stream may be as long
 * as {@link MAX_FILE_BYTES}. The file becomes visible when all of it is stored; if that fails, nothing stays behind.
 *
 * @returns the reference to put into messages instead of the file
 * @throws InputError if the file is too large or has an impossible name; RefusedError if the run is another user's;
 * BusError `no-toolbox` if none runs, `store-full`; the signal's reason when aborted
 * @example
 * const file = { run, name: 'a.csv', mediaType: 'text/csv', stream: createReadStream('a.csv') }
 * const ref = await putArtifact(bus, file, { signal })
 */
export async function putArtifact(
  bus: Bus,
  artifact: NewArtifact & ArtifactContent,
  options: PutOptions = {},
): Promise<ArtifactRef> {
  const { run, ...file } = artifact
  const problem = fileNameProblem(file.name)
  if (problem !== undefined) throw new InputError(problem)
  return putFile(bus, { kind: 'file', scope: run, owner: askerOn(bus) }, file, options)
}

/** Deletes files that this user has uploaded for a run, and has not submitted. */
export async function removeArtifacts(
  bus: Bus,
  refs: readonly ArtifactRef[],
  options: FileOptions = {},
): Promise<void> {
  const access = fileAccess(bus, options)
  for (const ref of refs) {
    const key = parseKey(ref.key)
    if (key !== undefined) await access.remove(key)
  }
}

/**
 * Stores a file of any kind. With an `id` of 32 hexadecimal digits, storing the same bytes again changes nothing.
 *
 * @throws as {@link putArtifact}
 */
export async function putFile(
  bus: Bus,
  place: Omit<FileKey, 'id'> & { id?: string },
  file: Omit<NewArtifact, 'run'> & ArtifactContent & { task?: string },
  options: PutOptions = {},
): Promise<ArtifactRef> {
  const { name, mediaType, task } = file
  const key = { id: randomUUID().replaceAll('-', ''), ...place }
  const access = fileAccess(bus, options)
  const { signal } = options
  const chunks = cut('bytes' in file ? [file.bytes] : untilAborted(file.stream, signal))
  try {
    const { size, sha256 } = await writeChunks(access, key, chunks, options)
    await access.finish(key, { name, mediaType, size, sha256, ...(task !== undefined && { task }) })
    signal?.throwIfAborted()
    return { writer: key.owner, key: formatKey(key), name, mediaType, size, sha256 }
  } catch (error) {
    // With a given id, the file may be complete from an earlier call. The first error says more than that of a removal,
    // and the toolbox deletes incomplete files after a while anyway.
    if (place.id === undefined) await access.remove(key).catch(() => {})
    // A stream that was aborted throws an error of its own.
    signal?.throwIfAborted()
    throw error
  }
}

async function writeChunks(
  access: FileAccess,
  key: FileKey,
  chunks: AsyncIterable<Uint8Array>,
  { signal, onProgress, maxBytes = MAX_FILE_BYTES }: PutOptions,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  const open = new Set<Promise<void>>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let [index, size, stored] = [0, 0, 0]
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      hash.update(chunk)
      size += chunk.length
      if (size > maxBytes) throw tooLarge(size, 'the file', maxBytes)
      const written = access.write(key, index, chunk).then(() => {
        open.delete(written)
        stored += chunk.length
        onProgress?.(stored)
      })
      open.add(written)
      written.catch(failed.reject)
      index += 1
      // The first chunk goes alone: if the toolbox is still starting, retries would mix up the order, and the toolbox
      // would have to read the whole file again to compute its digest.
      if (index === 1 || open.size >= WINDOW) await Promise.race([failed.promise, ...open])
    }
    await Promise.race([failed.promise, Promise.all(open)])
    return { size, sha256: hash.digest('hex') }
  } finally {
    await Promise.allSettled(open)
  }
}

/** The items of a source. Ends at once when aborted, even if the source hangs. @throws the signal's reason */
async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {}) // Nobody waits for it between two items.
  const removeListener = signal && onAbort(signal, () => reject(signal.reason))
  try {
    for (;;) {
      signal?.throwIfAborted()
      const item = await Promise.race([iterator.next(), aborted])
      if (item.done === true) return
      yield item.value
    }
  } finally {
    removeListener?.()
    // Not awaited: a source that hangs ends only later, or never.
    iterator.return?.().catch(() => {})
  }
}

/** Cuts bytes into chunks of {@link CHUNK_BYTES}; only the last one is smaller. */
async function* cut(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array()
  for await (const part of source) {
    let whole = rest.length === 0 ? part : Buffer.concat([rest, part])
    while (whole.length >= CHUNK_BYTES) {
      yield whole.subarray(0, CHUNK_BYTES)
      whole = whole.subarray(CHUNK_BYTES)
    }
    rest = whole
  }
  if (rest.length > 0) yield rest
}

/** The error for a file over the limit. */
export function tooLarge(size: number, name = 'the file', maxBytes = MAX_FILE_BYTES): InputError {
  return new InputError(
    `Expected a file of at most ${formatBytes(maxBytes)}, found ${name} with ${formatBytes(size)} or more. Split it.`,
  )
}
