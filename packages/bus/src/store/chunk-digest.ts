import { createHash } from 'node:crypto'
import { CHUNK_BYTES } from '../protocol/files.ts'

/** The size and digest of a file whose chunks are added in order. */
export class ChunkDigest {
  readonly #hash = createHash('sha256')
  #size = 0
  #next = 0

  /**
   * Adds a chunk. A chunk that was added before changes nothing.
   *
   * @returns false if chunks before it are missing, or one of them is not whole: readers find a byte by its chunk
   */
  add(index: number, chunk: Uint8Array): boolean {
    if (index < this.#next) return true
    if (index > this.#next || this.#size !== index * CHUNK_BYTES) return false
    this.#hash.update(chunk)
    this.#size += chunk.length
    this.#next += 1
    return true
  }

  /** The result. Nothing can be added afterwards. */
  end(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }
}
