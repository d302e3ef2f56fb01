import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InputError } from '@bailiwick/contract'

/**
 * Makes the folder that results go into, before anything is spent.
 *
 * @throws InputError that names it, where nothing can be written there
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await make(resolve(folder))
    await access(folder, constants.W_OK)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(`--out: nothing can be written into ${folder} (${why}); name another folder`, {
      cause: error,
    })
  }
}

/** Level by level: Node's own `recursive` never comes back from file systems that make no folders, such as /proc. */
async function make(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path || (await exists(dirname(path)))) throw error
    await make(dirname(path))
    await mkdir(path)
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
