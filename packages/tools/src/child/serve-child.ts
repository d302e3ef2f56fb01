import { deserialize } from 'node:v8'
// Without zod, so that a child stays small and starts quickly.
import { BailiwickError, errorText } from '@bailiwick/contract/world'
import type { ChildMessage } from './child-file.ts'

/** The files that the parent sends on demand, one at a time. */
export interface GivenFiles {
  /** The bytes of the file with this number. Ends with the parent's last byte, also if the reader stops before. */
  open(file: number): AsyncGenerator<Uint8Array>
  /** Tells the parent that no file is needed any more: from now on, the work's own time limit counts. */
  allRead(): void
}

/** The child's side of `runChild`: reads a request from standard input, replies on standard output, and ends. */
export async function serveChild(handle: (request: unknown, files: GivenFiles) => unknown): Promise<void> {
  const input = new Input()
  // Not `process.exit`, which could lose a part of the reply. The process ends once all of it is written.
  process.stdout.write(JSON.stringify(await replyTo(input, handle)))
  process.stdin.destroy()
}

async function replyTo(
  input: Input,
  handle: (request: unknown, files: GivenFiles) => unknown,
): Promise<unknown> {
  try {
    const { request, sizes } = await input.head()
    const files: GivenFiles = {
      async *open(file) {
        tell({ open: file })
        let left = sizes[file] ?? 0
        const next = async () => {
          const piece = await input.next(left)
          left -= piece.length
          return piece
        }
        try {
          while (left > 0) yield await next()
        } finally {
          // The next bytes must be those of the next file.
          while (left > 0) await next()
        }
      },
      allRead: () => tell({ read: true }),
    }
    return { ok: true, value: await handle(request, files) }
  } catch (error) {
    const code = BailiwickError.isInstance(error) ? error.code : 'failed'
    return { ok: false, code, message: errorText(error) }
  }
}

function tell(message: ChildMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Standard input: a length and the request of that length, then the bytes of files. */
class Input {
  readonly #pieces = process.stdin[Symbol.asyncIterator]()
  #rest: Uint8Array = new Uint8Array()

  async head(): Promise<{ request: unknown; sizes: number[] }> {
    const length = Buffer.from(await this.#whole(4)).readUInt32BE()
    return deserialize(await this.#whole(length)) as { request: unknown; sizes: number[] }
  }

  /** At least one byte, at most `size`. */
  async next(size: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#pieces.next()
      if (done) throw new Error('the parent ended its messages')
      this.#rest = value as Buffer
    }
    const piece = this.#rest.subarray(0, size)
    this.#rest = this.#rest.subarray(piece.length)
    return piece
  }

  async #whole(size: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for (let left = size; left > 0; ) {
      const piece = await this.next(left)
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }
}
