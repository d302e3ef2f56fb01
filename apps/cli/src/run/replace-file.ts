import { randomUUID } from 'node:crypto'
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A text, or bytes in any number of pieces. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>

/**
 * Writes a file beside its place and moves it there. So a link at its place is replaced and never followed, and no
 * reader sees a part of the file.
 */
export async function replaceFile(path: string, content: FileContent, mode: number = 0o666): Promise<void> {
  const draft = join(dirname(path), `.${randomUUID()}.part`)
  try {
    // With `wx`, the system follows no link either.
    await writeFile(draft, content, { flag: 'wx', mode })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Makes a folder. A file or link at its place is replaced; a folder stays as it is. */
export async function replaceByFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isDirectory()) return
  await rm(path, { force: true })
  await mkdir(path)
}
