/**
 * The text of a file: UTF-16 if it starts with a byte order mark of it, UTF-8 if it is valid, and otherwise
 * Windows-1252, which spreadsheets still write. Drops the byte order mark.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Whether the bytes are text: they start with a UTF-16 mark, or have no null byte in the first 8 KB. */
export function isText(bytes: Uint8Array): boolean {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  return marked || !bytes.subarray(0, 8192).includes(0)
}
