import { isText } from '@bailiwick/core/inputs'

/**
 * A part of the text of a file that is too large for memory, by characters. Reads no further than it must. The text is
 * UTF-16 if it starts with a byte order mark of it, and otherwise UTF-8.
 *
 * @returns undefined if the file is no text
 */
export async function textPart(
  chunks: AsyncIterable<Uint8Array>,
  { from, length }: { from: number; length: number },
): Promise<string | undefined> {
  let decoder: TextDecoder | undefined
  let before = 0
  let part = ''
  const add = (text: string) => {
    part += text.slice(Math.max(0, from - before), Math.max(0, from + length - before))
    before += text.length
  }
  for await (const chunk of chunks) {
    if (decoder === undefined && !isText(chunk)) return undefined
    decoder ??= new TextDecoder(encodingOf(chunk))
    add(decoder.decode(chunk, { stream: true }))
    if (part.length >= length) return part
  }
  add(decoder?.decode() ?? '')
  return part
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}
