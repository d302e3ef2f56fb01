import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InputError } from '@bailiwick/contract'

/**
 * Makes a folder that somebody named, before anything is spent.
 *
 * @param named how it was named, for the error: `--out`, `dataDir`
 * @param mode of the folders that are made
 * @throws InputError that names it, where nothing can be written there
 */
export function makeFolder(folder: string, named: string, mode = 0o777): void {
  try {
    make(resolve(folder), mode)
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(`${named}: nothing can be written into ${folder} (${why}); name another folder`, {
      cause: error,
    })
  }
}

/** Level by level: Node's own `recursive` never comes back from file systems that make no folders, such as /proc. */
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
