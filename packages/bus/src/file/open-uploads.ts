import { type FileKey, formatKey } from '../protocol/files.ts'
import { ChunkDigest } from '../store/chunk-digest.ts'

/** Uploads whose digests are kept. Beyond it, the one that began first is forgotten. */
const MAX_UPLOADS = 1_000

/**
 * The digests of files that are being uploaded through this process, so that a finished file need not be read again.
 * Forgetting one is harmless.
 */
export class OpenUploads {
  readonly #digests = new Map<string, ChunkDigest>()

  add(key: FileKey, index: number, chunk: Uint8Array): void {
    const name = formatKey(key)
    const known = this.#digests.get(name)
    // Without the beginning, which another process may have stored, there is no digest.
    if (known === undefined && index > 0) return
    const digest = known ?? new ChunkDigest()
    if (!digest.add(index, chunk)) {
      this.#digests.delete(name)
      return
    }
    this.#digests.set(name, digest)
    const oldest = this.#digests.size > MAX_UPLOADS ? this.#digests.keys().next().value : undefined
    if (oldest !== undefined) this.#digests.delete(oldest)
  }

  /** The size and digest of an upload, which is then forgotten; undefined if this process has not seen all of it. */
  take(key: FileKey): { size: number; sha256: string } | undefined {
    const name = formatKey(key)
    const digest = this.#digests.get(name)
    this.#digests.delete(name)
    return digest?.end()
  }
}
