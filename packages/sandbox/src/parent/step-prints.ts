/** What a step has printed. The child keeps to the cap itself; a child that lies is cut here. */
export class StepPrints {
  readonly lines: string[] = []
  readonly #most: number
  readonly #shown: (line: string) => void
  #chars = 0

  /** @param most characters, newlines aside */
  constructor(most: number, shown: (line: string) => void) {
    this.#most = most
    this.#shown = shown
  }

  add(lines: readonly string[]): undefined {
    for (const line of lines) {
      if (this.#chars > this.#most + this.lines.length) return
      this.#chars += line.length
      this.lines.push(line)
      this.#shown(line)
    }
  }
}
