import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often the log is looked at. Milliseconds. */
const EVERY_MS = 250
/** Read at one look; what is written besides is passed over. So a flood costs a reader 1 MiB a second. */
const MAX_BYTES = 256 * 1024

/** Lines that were added, and how many bytes were passed over because there were too many. */
export interface AddedLines {
  readonly lines: readonly string[]
  readonly passedOver: number
}

/** The lines that are added to a file from now on, also when it is rotated, until aborted. */
export async function* followLog(path: string, signal: AbortSignal): AsyncGenerator<AddedLines> {
  let file = await open(path, 'r')
  let position = (await file.stat()).size
  try {
    while (!signal.aborted) {
      const { ino } = await file.stat()
      const next = await openRotated(path, ino)
      const added = await readAdded(file, position)
      position = added.position
      if (added.lines.length > 0 || added.passedOver > 0) yield added
      if (next === undefined) {
        await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop ends.
        continue
      }
      // What the old file still got since is read with it, before the new one.
      const rest = await readAdded(file, position)
      if (rest.lines.length > 0 || rest.passedOver > 0) yield rest
      await file.close()
      file = next
      position = 0
    }
  } finally {
    await file.close()
  }
}

/** The file that stands there now, where it is another one; undefined also for the moment of a rotation. */
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
  // A line that is being written is read whole the next time; one that is longer than a look, never.
  if (more <= 0 && bytesRead < MAX_BYTES) return { lines, passedOver: 0, position: position + end }
  return { lines, passedOver: size - position - end, position: size }
}
