import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file that only its owner may read (0600). The write is atomic: a reader sees the old text or the new
 * text, also after a crash.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  // The file is created with its mode: a later chmod would leave a moment in which others can read it.
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
