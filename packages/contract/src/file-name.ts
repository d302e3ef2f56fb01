/** Bytes of the longest file name, in UTF-8: the limit of common file systems. */
export const MAX_FILE_NAME_BYTES = 255

/**
 * Why a text cannot be the name of a stored file, as a sentence; undefined if it can. A name has no folders, and every
 * other character that a file system keeps: each name that passes is the same after it was stored, listed, read and
 * downloaded.
 *
 * @example
 * fileNameProblem('Übersicht 2026.csv') // undefined
 */
export function fileNameProblem(name: string): string | undefined {
  const expected = 'Expected a file name'
  if (name === '' || name === '.' || name === '..') return `${expected}, found ${JSON.stringify(name)}.`
  if (!name.isWellFormed())
    return `${expected} in valid Unicode, found half of a surrogate pair in ${JSON.stringify(name)}.`
  if (/[/\\]/.test(name)) return `${expected} without folders, found ${JSON.stringify(name)}.`
  // Also the characters that reorder a line: with them, a name could look like another one on the screen.
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name))
    return `${expected} without control characters, found ${JSON.stringify(name)}.`
  const bytes = new TextEncoder().encode(name).length
  if (bytes > MAX_FILE_NAME_BYTES)
    return `${expected} of at most ${MAX_FILE_NAME_BYTES} bytes in UTF-8, found ${bytes}.`
  return undefined
}
