import { MAX_FRAME_BYTES, PART_CHARS, type ToParent } from '../frames/frame.ts'
import { parseFrame } from '../frames/parse-frame.ts'
import { turnIsOver } from '../values/loop-turn.ts'

const NEWLINE = 10

export interface ReaderHooks {
  frame(frame: Exclude<ToParent, { type: 'part' }>): void
  /** The child broke the protocol. */
  fault(message: string): void
  /** Stops (false) or resumes (true) reading from the child. */
  flow(open: boolean): void
}

/** Reads frames from a child's bytes: bounds their size, checks them and hands on a few at a time. */
export class FrameReader {
  readonly #hooks: ReaderHooks
  /** The longest text that parts may add up to, in characters. */
  maxText = 0
  #held: Buffer[] = []
  #heldBytes = 0
  #lines: string[] = []
  #next = 0
  #parts: string[] = []
  #partChars = 0
  #working = false
  #paused = false
  #over = false

  constructor(hooks: ReaderHooks) {
    this.#hooks = hooks
  }

  push(chunk: Buffer): undefined {
    if (this.#over) return
    const end = chunk.lastIndexOf(NEWLINE)
    if (end < 0) {
      this.#hold(chunk)
      return
    }
    let text: string
    if (this.#heldBytes === 0) text = chunk.toString('utf8', 0, end)
    else {
      if (this.#heldBytes + chunk.indexOf(NEWLINE) > MAX_FRAME_BYTES)
        return this.#fault(`a frame of more than ${MAX_FRAME_BYTES} bytes`)
      text = Buffer.concat([...this.#held, chunk.subarray(0, end)]).toString()
      this.#held = []
      this.#heldBytes = 0
    }
    if (end + 1 < chunk.length) this.#hold(chunk.subarray(end + 1))
    // The most frequent case, one frame, needs no list.
    if (!this.#working && !text.includes('\n') && !turnIsOver()) return this.#line(text)
    for (const line of text.split('\n')) this.#lines.push(line)
    if (!this.#working) this.#work()
  }

  /**
   * Hands on the frames that still wait for a turn of the event loop. Call it when the child has ended: its last frame
   * tells why.
   */
  finish(): void {
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next] ?? ''
      this.#next += 1
      this.#line(line)
    }
  }

  /** Stops handing on frames. */
  stop(): void {
    this.#over = true
    this.#lines = []
    this.#held = []
    this.#parts = []
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes > MAX_FRAME_BYTES) this.#fault(`a frame of more than ${MAX_FRAME_BYTES} bytes`)
  }

  #work(): void {
    this.#working = true
    while (this.#next < this.#lines.length) {
      if (turnIsOver()) {
        this.#paused = true
        this.#hooks.flow(false)
        setImmediate(() => this.#work())
        return
      }
      const line = this.#lines[this.#next] ?? ''
      this.#next += 1
      this.#line(line)
    }
    this.#lines = []
    this.#next = 0
    this.#working = false
    if (this.#paused && !this.#over) this.#hooks.flow(true)
    this.#paused = false
  }

  #line(line: string): undefined {
    const frame = parseFrame(line)
    if (frame === undefined) return this.#fault(`a line that is not a frame: ${line.slice(0, 80)}`)
    if (frame.type === 'part') return this.#part(frame.text)
    if (this.#parts.length > 0) {
      const [first] = frame.type === 'calls' ? frame.calls : []
      if (first?.args === '') first.args = this.#takeParts()
      else if (frame.type === 'checkpoint' && frame.text === '') frame.text = this.#takeParts()
      else if ('end' in frame && frame.end?.final === '') frame.end.final = this.#takeParts()
      else return this.#fault(`parts of a text before a ${frame.type} frame, which has no long text`)
    }
    this.#hooks.frame(frame)
  }

  /** Every part but the last is full, which bounds their number. */
  #part(text: string): undefined {
    if (text === '' || this.#partChars % PART_CHARS !== 0) return this.#fault('a part that is not full')
    this.#parts.push(text)
    this.#partChars += text.length
    if (this.#partChars > this.maxText) this.#fault(`a text of more than ${this.maxText} characters`)
  }

  #takeParts(): string {
    const text = this.#parts.join('')
    this.#parts = []
    this.#partChars = 0
    return text
  }

  #fault(message: string): undefined {
    if (this.#over) return
    this.stop()
    this.#hooks.fault(message)
  }
}
