import type { ToChild } from '../../src/frames/frame.ts'
import type { Box, BoxEnd, BoxListener, WatchLimits } from '../../src/parent/box.ts'
import { FrameReader } from '../../src/parent/frame-reader.ts'
import { Watchdog } from '../../src/parent/watchdog.ts'

/** A child that answers with random bytes, malformed frames and frames at the wrong time. */
export class LyingBox implements Box {
  readonly #random: () => number
  readonly #reader: FrameReader
  /** Sees the time only: this process is no child whose memory it could watch. */
  readonly #watchdog: Watchdog
  #listener: BoxListener | undefined
  #ended: BoxEnd | undefined
  #told = 0

  constructor(random: () => number) {
    this.#random = random
    this.#reader = new FrameReader({
      frame: (frame) => {
        if (frame.type === 'stopped') this.kill({ reason: frame.reason, message: frame.message })
        else if (frame.type === 'ready') return
        else if (this.#listener === undefined) this.kill({ reason: 'crashed', message: 'a frame unasked' })
        else this.#listener.frame(frame)
      },
      fault: (message) => this.kill({ reason: 'crashed', message }),
      flow: () => {},
    })
    const limits = { wallMs: Number.POSITIVE_INFINITY, cpuMs: 1_000, residentMb: 1_000 }
    this.#watchdog = new Watchdog(
      limits,
      () => undefined,
      (end) => this.kill(end),
    )
  }

  send(frame: ToChild): void {
    setImmediate(() => {
      if (this.#ended !== undefined) return
      if (frame.type === 'open' && this.#random() < 0.95) return this.#say('opened\t\n')
      this.#say(this.#answer())
      this.#told += 1
      // Then it falls silent.
      if (this.#told <= 20) setImmediate(() => this.send({ type: 'end' }))
    })
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  listen(listener: BoxListener | undefined): void {
    this.#listener = listener
    const ended = this.#ended
    if (ended !== undefined && listener !== undefined) queueMicrotask(() => listener.ended(ended))
  }

  allow(maxText: number): void {
    this.#reader.maxText = Math.min(maxText, 10_000)
  }

  watch(limits: WatchLimits): void {
    this.#watchdog.set(limits)
  }

  kill(end: BoxEnd): void {
    if (this.#ended !== undefined) return
    this.#ended = end
    this.#reader.stop()
    this.#watchdog.stop()
    this.#listener?.ended(end)
  }

  async close(): Promise<void> {
    this.#ended ??= { reason: 'canceled', message: 'closed' }
    this.#reader.stop()
    this.#watchdog.stop()
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
      'turn\t0\t0',
      'turn\t-1\tNaN',
      'turn\t1\t1\t1.1\techo\t{}',
      'turn\t1\t1\t1.1\techo\tnot encoded',
      'turn\t1\t1\t1.1\techo',
      'turn\t1\t1\t9.9\tconstructor\t{}',
      'turn\t1\t1\t__proto__\techo\t{}',
      'turn\t1\t1\t1.2\tsleep\t{"ms":"soon"}',
      'turn\t1\t1\t1.3\tsleep\t{"ms":10}',
      'turn\t1\t1\t1.4\techo\t{"$":["bigint","x"]}',
      'turn\t1\t1\t1.5\techo\t{"$":["regexp","(","?"]}',
      'calls\t1.1\techo\t{}\t1.1\techo\t{}',
      'calls\t1.1\techo\t',
      'calls',
      'last\t1\t1',
      'last\t1\t1\t0\t0\t""\t\t',
      'last\t-1\t1e400\t0\t0\t""\t\t',
      'last\t1\t1\t0\t0\t""\t"{"\t',
      'last\t1\t1\t0\t0\t1\t\t',
      'last\t1\t1\t0\t0\t""\t\t\t"E"\t"m"\t-1\t\t',
      'print\t"x"',
      'print\t1',
      `print\t"${'y'.repeat(5_000)}"`,
      `print${'\t""'.repeat(4_000)}`,
      `part\t"${'z'.repeat(4_000)}"`,
      'part\t""',
      'need\t"fs"',
      'refused\t"fs"\t"no"',
      'ended\t0\t0\t""\t\t',
      'opened\t',
      'ready',
      'stopped\ttimeout\t"so it says"',
      'stopped\tmischief\t""',
      '{"type":"turn"}',
      '',
    ])
    const bytes = Array.from(frame)
    if (this.#random() < 0.2)
      bytes[Math.floor(this.#random() * bytes.length)] = String.fromCharCode(Math.floor(this.#random() * 256))
    return `${bytes.join('')}\n`
  }
}
