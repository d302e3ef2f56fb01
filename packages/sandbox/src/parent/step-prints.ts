/** The lines that a step printed. The child applies the limit itself; this also cuts off a child that does not. */
export class StepPrints {
  readonly lines: string[] = []
  readonly #maxChars: number
  readonly #shown: (line: string) => void
  #chars = 0

  /** @param maxChars limit in characters, without newlines */
  constructor(maxChars: number, shown: (line: string) => void) {
    this.#maxChars = maxChars
    this.#shown = shown
  }

  add(lines: readonly string[]): undefined {
    for (const line of lines) {
      if (this.#chars > this.#maxChars + this.lines.length) return
      this.#chars += line.length
      this.lines.push(line)
      this.#shown(line)
    }
  }
}
