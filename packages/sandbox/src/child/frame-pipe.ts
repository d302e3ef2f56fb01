import { readSync, writeSync } from 'node:fs'
import { PART_CHARS, type ToChild, type ToParent } from '../frames/frame.ts'

const IN = 3
const OUT = 4
const NEWLINE = 10
/** The parent works on what it has while the guest goes on. */
const FLUSH_CHARS = 4_096

/**
 * The child's end of the pipe, without an event loop: reading blocks until there is a frame, and
 * writing blocks while the parent does not read, which is what holds a flood back.
 */
export class FramePipe {
  readonly #chunk = Buffer.allocUnsafe(262_144)
  #held: Buffer[] = []
  #ready: string[] = []
  #outgoing = ''

  /** The next frame, or undefined when the parent is gone. */
  read(): ToChild | undefined {
    for (;;) {
      const line = this.#ready.shift()
      if (line !== undefined) return JSON.parse(line)
      this.flush()
      if (!this.#fill()) return undefined
    }
  }

  #fill(): boolean {
    const size = readSync(IN, this.#chunk, 0, this.#chunk.length, null)
    if (size === 0) return false
    const end = this.#chunk.lastIndexOf(NEWLINE, size - 1)
    if (end < 0) {
      this.#held.push(Buffer.from(this.#chunk.subarray(0, size)))
      return true
    }
    const whole = Buffer.concat([...this.#held, this.#chunk.subarray(0, end)]).toString()
    this.#held = end + 1 < size ? [Buffer.from(this.#chunk.subarray(end + 1, size))] : []
    this.#ready = whole.split('\n')
    return true
  }

  /** Buffers a frame: it leaves with the next {@link flush}, or when there is much. */
  write(frame: ToParent): void {
    this.#outgoing += `${JSON.stringify(frame)}\n`
    if (this.#outgoing.length > FLUSH_CHARS) this.flush()
  }

  /** A text that may be long, ahead of its frame. Gives what the frame itself is to carry. */
  writeLong(text: string): string {
    if (text.length <= PART_CHARS) return text
    for (let at = 0; at < text.length; at += PART_CHARS) {
      this.write({ type: 'part', text: text.slice(at, at + PART_CHARS) })
    }
    return ''
  }

  flush(): void {
    if (this.#outgoing === '') return
    const bytes = Buffer.from(this.#outgoing)
    this.#outgoing = ''
    for (let at = 0; at < bytes.length; ) at += writeSync(OUT, bytes, at, bytes.length - at)
  }
}
