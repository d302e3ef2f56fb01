import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file that only its owner may read (0600), all of it or nothing:
 * a reader, or a crash at any moment, sees the old text or the new one.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  // The mode is given at creation: a chmod afterwards would leave a moment in which others can read.
  const scratch = `${path}.${randomUUID()}`
  try {
    const file = await open(scratch, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(scratch, path)
  } catch (error) {
    await rm(scratch, { force: true })
    throw error
  }
}
