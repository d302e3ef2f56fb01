import { describeFile, MAX_END_BYTES, MAX_READ_BYTES } from './describe-file.ts'
import { isRow } from './describe-table.ts'
import { describeValue } from './describe-value.ts'

/** A file in memory: its text or its bytes, and its media type. */
export interface InputFile {
  /** Name of the file. Default: the name of the input. */
  file?: string
  text?: string
  bytes?: Uint8Array
  mediaType: string
}

/**
 * Describes an input for a prompt: a file (`{ text, mediaType }` or `{ bytes, mediaType }`) as {@link describeFile} does,
 * a value with its type, its size and a sample. Shows the whole input only if it is tiny.
 *
 * @example
 * describeInput('sales', { text: 'region,sum\nnorth,12\n', mediaType: 'text/csv' })
 */
export function describeInput(name: string, value: unknown): string {
  const file = fileOf(value)
  if (file === undefined) return describeValue(name, value)
  const { text = '', bytes, mediaType } = file
  const size = bytes?.byteLength ?? Buffer.byteLength(text)
  const isLarge = size > MAX_READ_BYTES
  // A long text is not encoded as a whole. A character has at least one byte.
  const encode = (part: string) => new TextEncoder().encode(part)
  return describeFile(name, {
    file: file.file ?? name,
    mediaType,
    size,
    beginning: (bytes ?? encode(text.slice(0, MAX_READ_BYTES))).subarray(0, MAX_READ_BYTES),
    ...(isLarge && { end: (bytes ?? encode(text.slice(-MAX_END_BYTES))).subarray(-MAX_END_BYTES) }),
  })
}

/** The file that a value is; undefined if it is another value. */
export function fileOf(value: unknown): InputFile | undefined {
  if (!isRow(value) || typeof value.mediaType !== 'string') return undefined
  const { text, bytes, mediaType, file } = value
  const about = { mediaType, ...(typeof file === 'string' && { file }) }
  if (typeof text === 'string') return { ...about, text }
  return bytes instanceof Uint8Array ? { ...about, bytes } : undefined
}
