import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorText, InputError } from '@bailiwick/contract'

/**
 * Makes a folder that a user named, before the command does any work.
 *
 * @param option the option that named it, for the error: `--out`, `dataDir`
 * @param mode mode of the folders that are made
 * @throws InputError if the folder cannot be written
 */
export function makeFolder(folder: string, option: string, mode = 0o777): void {
  try {
    make(resolve(folder), mode)
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder')
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new InputError(
      `${option}: expected a folder that can be written, found ${folder} (${errorText(error)}). Name another folder.`,
      { cause: error },
    )
  }
}

/** Makes one level at a time: Node's `recursive` option loops for ever on file systems such as /proc. */
function make(path: string, mode: number): void {
  try {
    mkdirSync(path, mode)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path || existsSync(dirname(path))) throw error
    make(dirname(path), mode)
    mkdirSync(path, mode)
  }
}
