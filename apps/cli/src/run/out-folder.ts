import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorText } from '@bailiwick/contract'
import { makeFolder } from '@bailiwick/coordinator/config/make-folder'
import { UsageError } from '../command/usage-error.ts'
import { replaceFile } from './replace-file.ts'

/** The files that every run writes to its folder. Artifacts get other names. */
export const OWN_FILES = ['report.md', 'answer.json', 'run.json'] as const
/** The folder for the code of tasks. */
export const CODE_FOLDER = 'code'

/**
 * Makes the folder of `--out` and checks, before any work, that files can be written to it.
 *
 * @returns its absolute path
 * @throws UsageError if it is no folder, if nothing can be written there, or if a folder has the name of a file
 */
export async function openOutFolder(out: string, cwd: string): Promise<string> {
  if (out === '')
    throw new UsageError('--out: expected a folder, found an empty text. Use . for this folder.')
  const folder = resolve(cwd, out)
  makeFolder(folder, '--out')
  for (const name of OWN_FILES) {
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.isDirectory()) {
      throw new UsageError(
        `--out: expected to write ${name} to ${folder}, found a folder of that name. Name another folder.`,
      )
    }
  }
  // Permissions alone do not tell: the disk may be full, or the file system read-only.
  await probe(folder).catch((error: unknown) => {
    throw new UsageError(
      `--out: expected a folder that can be written, found ${folder} (${errorText(error)}). Name another folder.`,
    )
  })
  return folder
}

async function probe(folder: string): Promise<void> {
  const path = join(folder, `.${process.pid}.probe`)
  await replaceFile(path, 'x')
  await rm(path)
}
