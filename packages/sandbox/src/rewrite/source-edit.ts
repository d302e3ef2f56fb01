interface Segment {
  /** Offset in the output. */
  at: number
  length: number
  /** Offset in the source, where the segment is a piece of it. */
  from: number
}

interface Edit {
  start: number
  end: number
  text: string
}

/**
 * A source with edits, that knows for each character of the output where it came from: errors are
 * shown in the agent's own words. Pieces may be taken out of order (functions are hoisted).
 */
export class SourceEdit {
  readonly source: string
  readonly #edits: Edit[] = []

  constructor(source: string) {
    this.source = source
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text)
  }

  /** The edited text of these ranges of the source, in this order, with literal text between. */
  render(pieces: (string | { start: number; end: number })[]): RenderedSource {
    // Stable: of two inserts at one place, the first made comes first.
    const edits = this.#edits.toSorted((one, other) => one.start - other.start || one.end - other.end)
    const output = new RenderedSource(this.source)
    for (const piece of pieces) {
      if (typeof piece === 'string') output.put(piece)
      else this.#renderRange(output, edits, piece.start, piece.end)
    }
    return output
  }

  #renderRange(output: RenderedSource, edits: Edit[], start: number, end: number): void {
    let at = start
    for (const edit of edits) {
      // What is inserted where a range ends belongs to the next one.
      const outside = edit.end > end || (edit.start === end && end < this.source.length)
      if (edit.start < at || outside) continue
      output.copy(at, edit.start)
      output.put(edit.text, edit.start)
      at = edit.end
    }
    output.copy(at, end)
  }
}

export class RenderedSource {
  text = ''
  readonly #source: string
  readonly #segments: Segment[] = []

  constructor(source: string) {
    this.#source = source
  }

  put(text: string, from = -1): void {
    if (from >= 0) this.#segments.push({ at: this.text.length, length: 0, from })
    this.text += text
  }

  copy(start: number, end: number): void {
    if (start >= end) return
    this.#segments.push({ at: this.text.length, length: end - start, from: start })
    this.text += this.#source.slice(start, end)
  }

  /** Offset in the source of a line and column (from 1) of the output. */
  sourceOffset(line: number, column: number): number {
    let offset = 0
    for (let passed = 1; passed < line; passed += 1) {
      const next = this.text.indexOf('\n', offset)
      if (next < 0) break
      offset = next + 1
    }
    offset += column - 1
    let best = 0
    for (const segment of this.#segments) {
      if (segment.at > offset) break
      best = segment.from + Math.min(offset - segment.at, segment.length)
    }
    return best
  }
}

/** Line and column, both from 1, of an offset. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - start + 1 }
}

/** The source line with a caret below the column. */
export function excerpt(source: string, line: number, column: number): string {
  const text = source.split('\n', line)[line - 1] ?? ''
  const from = Math.max(0, column - 81)
  const shown = text.slice(from, from + 160).replaceAll('\t', ' ')
  return `${shown}\n${' '.repeat(Math.max(0, column - 1 - from))}^`
}
