import { closeSync, openSync, readSync, statSync } from 'node:fs'

const MAX_BYTES = 4_096
const MAX_LINES = 12

/**
 * The last lines of a log. Empty if there is no such file.
 *
 * @param from bytes at the beginning that do not count
 */
export function lastLines(file: string, from = 0): string[] {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) return []
  const start = Math.max(from, size - MAX_BYTES)
  const bytes = Buffer.alloc(Math.max(0, size - start))
  const fd = openSync(file, 'r')
  try {
    readSync(fd, bytes, 0, bytes.length, start)
  } finally {
    closeSync(fd)
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-MAX_LINES)
}
