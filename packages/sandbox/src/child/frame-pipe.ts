import { readSync, writeSync } from 'node:fs'
import { PART_CHARS, type ToChild, type ToParent } from '../frames/frame.ts'
import { parentLine, readChildLine } from '../frames/frame-line.ts'

const IN = 3
const OUT = 4
const NEWLINE = 10
/** The parent processes this many characters while the guest continues. */
const FLUSH_CHARS = 4_096
const MAX_BYTES_PER_CHAR = 3

/**
 * The child's end of the pipe, without an event loop. Reading blocks until a frame arrives. Writing blocks while the
 * parent does not read, which slows a flood down.
 */
export class FramePipe {
  readonly #chunk = Buffer.allocUnsafe(262_144)
  readonly #bytes = Buffer.allocUnsafe(FLUSH_CHARS * MAX_BYTES_PER_CHAR)
  #held: Buffer[] = []
  #ready: string[] = []
  #next = 0
  #outgoing = ''

  /** Waits for the next frame. Returns undefined after the parent closed the pipe. */
  read(): ToChild | undefined {
    while (this.#next === this.#ready.length) {
      this.flush()
      if (!this.#fill()) return undefined
    }
    const line = this.#ready[this.#next] ?? ''
    this.#next += 1
    return readChildLine(line)
  }

  #fill(): boolean {
    const size = readSync(IN, this.#chunk, 0, this.#chunk.length, null)
    if (size === 0) return false
    this.#next = 0
    this.#ready = []
    const end = this.#chunk.lastIndexOf(NEWLINE, size - 1)
    if (end < 0) {
      this.#held.push(Buffer.from(this.#chunk.subarray(0, size)))
      return true
    }
    let text = this.#chunk.toString('utf8', 0, end)
    if (this.#held.length > 0) text = Buffer.concat([...this.#held, this.#chunk.subarray(0, end)]).toString()
    this.#held = end + 1 < size ? [Buffer.from(this.#chunk.subarray(end + 1, size))] : []
    this.#ready = text.split('\n')
    return true
  }

  /** Buffers a frame. It leaves with the next {@link flush}, or when the buffer is full. */
  write(frame: ToParent): void {
    this.#outgoing += parentLine(frame)
    if (this.#outgoing.length > FLUSH_CHARS) this.flush()
  }

  /** Sends a long text ahead of its frame. Returns the text that the frame itself must carry. */
  writeLong(text: string): string {
    if (text.length <= PART_CHARS) return text
    for (let at = 0; at < text.length; at += PART_CHARS) {
      this.write({ type: 'part', text: text.slice(at, at + PART_CHARS) })
    }
    return ''
  }

  flush(): void {
    if (this.#outgoing === '') return
    const text = this.#outgoing
    this.#outgoing = ''
    const short = text.length <= FLUSH_CHARS
    const bytes = short ? this.#bytes : Buffer.from(text)
    const size = short ? bytes.write(text) : bytes.length
    for (let at = 0; at < size; ) at += writeSync(OUT, bytes, at, size - at)
  }
}
