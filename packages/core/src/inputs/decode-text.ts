/** The encodings of text files. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/**
 * The text of a file: UTF-16 if it starts with a byte order mark of it, UTF-8 if it is valid, and otherwise
 * Windows-1252, which spreadsheets still write. Drops the byte order mark.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = markedEncoding(bytes)
  if (encoding !== undefined) return new TextDecoder(encoding).decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** The encoding that a byte order mark at the beginning of a file names. */
export function markedEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
}

/** A text was read as UTF-8 and is not. */
export class NotUtf8Error extends Error {}

/**
 * The text of a file that arrives in pieces, in the encoding that its byte order mark names, or else in `encoding`. Drops
 * the byte order mark.
 *
 * @param encoding default UTF-8
 * @param isBeginning false if the pieces begin later in the file, so that a mark would be a character. Default true
 * @throws NotUtf8Error at the first piece that is not UTF-8, if that is the encoding. Read the file again as
 *   Windows-1252 then
 */
export async function* decodePieces(
  pieces: AsyncIterable<Uint8Array>,
  encoding: TextEncoding = 'utf-8',
  isBeginning = true,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  const decode = (piece?: Uint8Array) => {
    try {
      return decoder?.decode(piece, { stream: piece !== undefined }) ?? ''
    } catch (error) {
      throw new NotUtf8Error('expected UTF-8, found other bytes', { cause: error })
    }
  }
  for await (const piece of pieces) {
    const marked = isBeginning ? markedEncoding(piece) : undefined
    decoder ??= new TextDecoder(marked ?? encoding, { fatal: encoding === 'utf-8', ignoreBOM: !isBeginning })
    yield decode(piece)
  }
  yield decode()
}

/** Whether the bytes are text: they start with a UTF-16 mark, or have no null byte in the first 8 KB. */
export function isText(bytes: Uint8Array): boolean {
  return markedEncoding(bytes) !== undefined || !bytes.subarray(0, 8192).includes(0)
}
