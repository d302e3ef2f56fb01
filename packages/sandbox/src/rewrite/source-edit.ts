interface Segment {
  /** Offset in the output. */
  at: number
  length: number
  /** Offset in the source. */
  from: number
}

interface Edit {
  start: number
  end: number
  text: string
  /** An insert that closes what an earlier edit opened: it belongs to the range before it. */
  closes: boolean
  /** The length of the source between both parts of a wrap. */
  span?: number
}

/**
 * A source text with edits. It knows where each character of the output came from, so that errors can point into the
 * agent's own source. The output may reorder pieces of the source, because functions are hoisted.
 */
export class SourceEdit {
  readonly source: string
  readonly #edits: Edit[] = []

  constructor(source: string) {
    this.source = source
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text, closes: false })
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text)
  }

  /** Inserts a text that belongs to the source before it, whatever moves behind it. */
  close(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, closes: true })
  }

  /** Wraps a range. Wraps of different ranges nest, in whatever order they are made. */
  wrap(start: number, end: number, open: string, close: string): void {
    const span = end - start
    this.#edits.push({ start, end: start, text: open, closes: false, span })
    this.#edits.push({ start: end, end, text: close, closes: true, span })
  }

  /** Renders ranges of the edited source and literal texts, in the given order. */
  render(pieces: (string | { start: number; end: number })[]): RenderedSource {
    const edits = this.#edits.toSorted(inOrder)
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
      // An insert at the end of a range belongs to the next range, unless it closes something.
      const outside = edit.closes
        ? edit.start === start || edit.end > end
        : edit.end > end || (edit.start === end && end < this.source.length)
      if (edit.start < at || outside) continue
      output.copy(at, edit.start)
      output.put(edit.text, edit.start)
      at = edit.end
    }
    output.copy(at, end)
  }
}

/**
 * At one place, what closes comes first, the inner before the outer. Then come inserts, the beginnings of wraps, the
 * outer before the inner, and what replaces source.
 */
function inOrder(one: Edit, other: Edit): number {
  if (one.start !== other.start) return one.start - other.start
  if (one.closes !== other.closes) return one.closes ? -1 : 1
  if (one.closes) return (one.span ?? 0) - (other.span ?? 0)
  // The sort is stable: all others keep their order.
  return one.end - other.end || (other.span ?? Number.MAX_VALUE) - (one.span ?? Number.MAX_VALUE)
}

/** The output of a {@link SourceEdit}. */
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

  /** The offset in the source of a line and column of the output, both counted from 1. */
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

/** The line and column of an offset, both counted from 1. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - start + 1 }
}

/** A line of the source with a caret below a column. */
export function excerpt(source: string, line: number, column: number): string {
  const text = source.split('\n', line)[line - 1] ?? ''
  const from = Math.max(0, column - 81)
  const shown = text.slice(from, from + 160).replaceAll('\t', ' ')
  return `${shown}\n${' '.repeat(Math.max(0, column - 1 - from))}^`
}
