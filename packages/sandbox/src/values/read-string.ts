const PIECE_CHARS = 65_536
const SLASH = 0x5c
const QUOTE = 0x22
/** The longest escape, `\u0000`: a piece does not end within one. */
const ESCAPE_CHARS = 6

/** Reads a JSON text's string of any length, with a stop after each piece. */
export function* readString(text: string, start: number): Generator<void, { value: string; end: number }> {
  let value = ''
  let at = start + 1
  for (;;) {
    const end = pieceEnd(text, at)
    if (end.found) {
      value += unescaped(text.slice(at, end.at))
      return { value, end: end.at + 1 }
    }
    if (end.at <= at) throw new SyntaxError('a string without an end')
    value += unescaped(text.slice(at, end.at))
    at = end.at
    yield
  }
}

/** The closing quote, if it is near; else where a piece may end. */
function pieceEnd(text: string, start: number): { at: number; found: boolean } {
  const stop = Math.min(text.length, start + PIECE_CHARS)
  let at = start
  while (at < stop) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return { at, found: true }
    if (code === SLASH) {
      const width = text[at + 1] === 'u' ? ESCAPE_CHARS : 2
      if (at + width > stop) return { at: at === start ? stop : at, found: false }
      at += width
    } else at += 1
  }
  return { at: Math.min(at, text.length), found: false }
}

function unescaped(piece: string): string {
  return piece.includes('\\') ? JSON.parse(`"${piece}"`) : piece
}
