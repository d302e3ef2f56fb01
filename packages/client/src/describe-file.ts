/** Characters of a file's beginning that a prompt shows. */
const SAMPLE = 600

/** What a prompt says of a file: its type and size, and of a text how it begins. */
export function describeFile(name: string, file: string, mediaType: string, bytes: Uint8Array): string {
  const about = `${name}: ${file}, ${mediaType}, ${bytes.length} bytes`
  // A null byte near the beginning: not a text.
  if (bytes.subarray(0, 8192).includes(0)) return about
  const text = new TextDecoder().decode(bytes.subarray(0, SAMPLE * 4)).slice(0, SAMPLE)
  return `${about}; ${text.length < bytes.length ? 'begins' : 'reads'}: ${JSON.stringify(text)}`
}
