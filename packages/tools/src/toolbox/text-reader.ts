import { decodePieces, isText, markedEncoding, NotUtf8Error, type TextEncoding } from '@bailiwick/core/inputs'
import { Recent } from './recent.ts'

/** Texts to remember. Others are read from their beginning again. */
const MAX_TEXTS = 200
/** Bytes between two places that are remembered. */
const MARK_EVERY = 128 * 1024

/** A stored file, which never changes. */
export interface StoredText {
  /** Names the file among all others. */
  key: string
  /** The bytes, from this one on. */
  open(from: number): AsyncIterable<Uint8Array>
}

/** A place in a file where a character begins. */
interface Mark {
  byte: number
  /** Characters before it. */
  chars: number
}

const BEGINNING: Mark = { byte: 0, chars: 0 }

/** What is known about a file that was read before. */
interface KnownText {
  encoding: TextEncoding
  /** In order; the first one is the beginning. */
  marks: Mark[]
}

/**
 * Reads parts of the texts of files of any size. Remembers where characters are, so that a file can be read part after
 * part without reading its beginning each time. Holds no more of a file than the part and a few pieces.
 */
export class TextReader {
  readonly #known = new Recent<string, KnownText>(MAX_TEXTS)

  /**
   * A part of a text, by characters (UTF-16 units). The text is UTF-16 if it starts with a byte order mark of it, UTF-8 as
   * far as it is valid, and otherwise Windows-1252.
   *
   * @returns undefined if the file is no text
   */
  async read(file: StoredText, range: { from: number; length: number }): Promise<string | undefined> {
    const known = this.#known.get(file.key) ?? { encoding: 'utf-8', marks: [BEGINNING] }
    this.#known.set(file.key, known)
    try {
      return await readPart(file, known, range)
    } catch (error) {
      if (!(error instanceof NotUtf8Error)) throw error
      const again: KnownText = { encoding: 'windows-1252', marks: [BEGINNING] }
      this.#known.set(file.key, again)
      return readPart(file, again, range)
    }
  }
}

async function readPart(
  file: StoredText,
  known: KnownText,
  { from, length }: { from: number; length: number },
): Promise<string | undefined> {
  const start = known.marks.findLast(({ chars }) => chars <= from) ?? BEGINNING
  let { byte, chars } = start
  let last: Uint8Array = new Uint8Array()
  let isOther = false
  async function* pieces() {
    for await (const piece of file.open(start.byte)) {
      if (byte === 0) {
        isOther = !isText(piece)
        known.encoding = markedEncoding(piece) ?? known.encoding
      }
      if (isOther) return
      byte += piece.length
      last = piece
      yield piece
    }
  }
  let part = ''
  for await (const text of decodePieces(pieces(), known.encoding, start.byte === 0)) {
    if (isOther) return undefined
    part += text.slice(Math.max(0, from - chars), Math.max(0, from + length - chars))
    chars += text.length
    addMark(known, { byte: byte - incompleteBytes(last, byte, known.encoding), chars })
    if (part.length >= length) return part
  }
  return isOther ? undefined : part
}

function addMark({ marks }: KnownText, mark: Mark): void {
  const last = marks.at(-1)
  if (last !== undefined && mark.byte >= last.byte + MARK_EVERY) marks.push(mark)
}

/** How many bytes at the end of a piece, which is at `end` in its file, belong to a character that continues after it. */
function incompleteBytes(piece: Uint8Array, end: number, encoding: TextEncoding): number {
  const { length } = piece
  if (encoding === 'windows-1252') return 0
  if (encoding === 'utf-8') {
    for (let back = 1; back <= Math.min(3, length); back++) {
      const byte = piece[length - back] ?? 0
      if (byte < 0x80) return 0
      if (byte < 0xc0) continue
      const whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return whole > back ? back : 0
    }
    return 0
  }
  const odd = end % 2
  const high = piece[length - odd - (encoding === 'utf-16le' ? 1 : 2)] ?? 0
  // The first half of a surrogate pair.
  return odd + (high >= 0xd8 && high <= 0xdb ? 2 : 0)
}
