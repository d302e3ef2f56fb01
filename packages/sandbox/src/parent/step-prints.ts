import { MAX_REJECTION_CHARS, MAX_REJECTIONS } from '../frames/frame.ts'

/** The text around the reason of an unhandled rejection, characters. */
const AROUND_REJECTION_CHARS = 30

/** The lines that a step printed. */
export class StepPrints {
  readonly lines: string[] = []
  #left: number

  /** @param maxChars limit in characters, with newlines. The child applies it too. */
  constructor(maxChars: number) {
    this.#left = maxChars + 1 + MAX_REJECTIONS * (MAX_REJECTION_CHARS + AROUND_REJECTION_CHARS)
  }

  /** Adds lines. Returns false if there are more than a child that keeps the limit can send. */
  add(lines: readonly string[]): boolean {
    for (const line of lines) {
      this.#left -= line.length + 1
      if (this.#left < 0) return false
      this.lines.push(line)
    }
    return true
  }
}
