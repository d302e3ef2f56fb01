import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250
/** How much is read per poll; the rest is skipped. During a flood the reader handles 1 MiB per second. */
const MAX_BYTES = 256 * 1024

/** Lines that were added, and how many bytes were skipped because there were too many. */
export interface AddedLines {
  readonly lines: readonly string[]
  readonly skippedBytes: number
}

/** Yields lines that are added to a file from now on, also after it is rotated, until aborted. */
export async function* followLog(path: string, signal: AbortSignal): AsyncGenerator<AddedLines> {
  let file = await open(path, 'r')
  let position = (await file.stat()).size
  try {
    while (!signal.aborted) {
      const added = await readAdded(file, position)
      position = added.position
      if (added.lines.length > 0 || added.skippedBytes > 0) yield added
      const next = await openRotated(path, (await file.stat()).ino)
      if (next === undefined) {
        await sleep(POLL_MS, undefined, { signal }).catch(() => {}) // The loop ends if it was aborted.
        continue
      }
      const old = file
      file = next
      // The server may have written more lines before it rotated the file.
      const rest = await readAdded(old, position).finally(() => old.close())
      position = 0
      if (rest.lines.length > 0 || rest.skippedBytes > 0) yield rest
    }
  } finally {
    await file.close()
  }
}

/** The file that replaced this one, or undefined if none did or the rotation is in progress. */
async function openRotated(path: string, ino: number): Promise<FileHandle | undefined> {
  try {
    return (await stat(path)).ino === ino ? undefined : await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function readAdded(file: FileHandle, position: number): Promise<AddedLines & { position: number }> {
  const { size } = await file.stat()
  const buffer = Buffer.alloc(Math.max(0, Math.min(size - position, MAX_BYTES)))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
  const text = buffer.subarray(0, bytesRead)
  const end = text.lastIndexOf(0x0a) + 1
  const lines = text.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
  const more = size - position - bytesRead
  // Reads an unfinished line again at the next poll, but skips a line that is longer than MAX_BYTES.
  if (more <= 0 && bytesRead < MAX_BYTES) return { lines, skippedBytes: 0, position: position + end }
  return { lines, skippedBytes: size - position - end, position: size }
}
