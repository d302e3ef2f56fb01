import type { ToChild } from '../../src/frames/frame.ts'
import type { Box, BoxEnd } from '../../src/parent/box.ts'
import { FrameReader } from '../../src/parent/frame-reader.ts'

type Listener = Parameters<Box['listen']>[0]

/** A child that answers with random bytes, malformed frames and frames at the wrong time. */
export class LyingBox implements Box {
  readonly #random: () => number
  readonly #reader: FrameReader
  #listener: Listener | undefined
  #ended: BoxEnd | undefined
  #told = 0

  constructor(random: () => number) {
    this.#random = random
    this.#reader = new FrameReader({
      frame: (frame) => {
        if (frame.type === 'stopped') this.kill({ reason: frame.reason, message: frame.message })
        else this.#listener?.frame(frame)
      },
      fault: (message) => this.kill({ reason: 'crashed', message }),
      flow: () => {},
    })
  }

  send(frame: ToChild): void {
    setImmediate(() => {
      if (this.#ended !== undefined) return
      if (frame.type === 'open' && this.#random() < 0.95) return this.#say('{"type":"opened"}\n')
      this.#say(this.#answer())
      this.#told += 1
      // The watchdog would end a silent child. Here it ends by itself.
      if (this.#told > 20) this.kill({ reason: 'timeout', message: 'silence' })
      else setImmediate(() => this.send({ type: 'end' }))
    })
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  listen(listener: Listener): void {
    this.#listener = listener
    const ended = this.#ended
    if (ended !== undefined) queueMicrotask(() => listener.ended(ended))
  }

  allow(maxText: number): void {
    this.#reader.maxText = Math.min(maxText, 10_000)
  }

  watch(): void {}

  kill(end: BoxEnd): void {
    if (this.#ended !== undefined) return
    this.#ended = end
    this.#reader.stop()
    this.#listener?.ended(end)
  }

  async close(): Promise<void> {
    this.#ended ??= { reason: 'canceled', message: 'closed' }
    this.#reader.stop()
  }

  #say(text: string): void {
    const bytes = Buffer.from(text, 'latin1')
    const cut = Math.floor(this.#random() * bytes.length)
    this.#reader.push(bytes.subarray(0, cut))
    this.#reader.push(bytes.subarray(cut))
  }

  #answer(): string {
    const pick = <T>(items: readonly T[]): T => items[Math.floor(this.#random() * items.length)] as T
    const frame: string = pick([
      'turn\t1\t1',
      'turn\t-1\tNaN',
      'turn\t1\t1\t1.1\techo\t{}',
      'turn\t1\t1\t1.1\techo\tnot encoded',
      'turn\t1\t1\t1.1\techo',
      'turn\t1\t1\t9.9\tconstructor\t{}',
      'turn\t1\t1\t__proto__\techo\t{}',
      'turn\t1\t1\t1.2\tsleep\t{"ms":"soon"}',
      'calls\t1.1\techo\t{}\t1.1\techo\t{}',
      'calls\t1.1\techo\t',
      'calls',
      '{"type":"turn","cpuMs":1,"wallMs":1}',
      '{"type":"turn","cpuMs":1,"wallMs":1,"end":{"preview":"","missingChars":0,"missingLines":0}}',
      '{"type":"turn","cpuMs":-1,"wallMs":1e400}',
      '{"type":"turn","cpuMs":1,"wallMs":1,"end":{"preview":"","missingChars":0,"missingLines":0,"final":"{"}}',
      '{"type":"turn","cpuMs":1,"wallMs":1,"end":{"preview":1}}',
      '{"type":"print","lines":["x"]}',
      '{"type":"print","lines":[1]}',
      `{"type":"print","lines":["${'y'.repeat(5_000)}"]}`,
      `{"type":"part","text":"${'z'.repeat(4_000)}"}`,
      '{"type":"need","names":["fs"]}',
      '{"type":"ended","end":{"preview":"","missingChars":0,"missingLines":0}}',
      '{"type":"opened"}',
      '{"type":"stopped","reason":"timeout","message":"so it says"}',
      '{"type":"stopped","reason":"mischief"}',
      '{"__proto__":{"type":"turn"}}',
      '[]',
      'null',
      '"turn"',
      '{"type":"turn"',
    ])
    const bytes = Array.from(frame)
    if (this.#random() < 0.2)
      bytes[Math.floor(this.#random() * bytes.length)] = String.fromCharCode(Math.floor(this.#random() * 256))
    return `${bytes.join('')}\n`
  }
}
