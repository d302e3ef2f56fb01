import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchProgram } from '@bailiwick/debian'
import { bubblewrapFolder, findBubblewrap } from './bubblewrap.ts'

export interface EnsureBubblewrapOptions {
  /** Environment in which it is looked for; default `process.env`. */
  env?: NodeJS.ProcessEnv
  /** Lines for a person. */
  onProgress?(line: string): void
  signal?: AbortSignal
}

/**
 * Finds bubblewrap, or gets it from the distribution into the user's cache, without root: where new
 * sandboxes find it. It may still not work there: some systems let no user make namespaces.
 *
 * @returns the path of `bwrap`
 * @throws AptError on anything but Debian and Ubuntu, or where apt cannot reach its mirror
 * @example
 * await ensureBubblewrap({ onProgress: console.error })
 * const { isolation } = await probeIsolation() // confined
 */
export async function ensureBubblewrap(options: EnsureBubblewrapOptions = {}): Promise<string> {
  const { env = process.env } = options
  const found = findBubblewrap(env)
  if (found !== undefined) return found
  const folder = bubblewrapFolder(env)
  await mkdir(folder, { recursive: true })
  const scratch = await mkdtemp(join(folder, '.fetch-'))
  try {
    const fetched = await fetchProgram(scratch, { package: 'bubblewrap', file: 'usr/bin/bwrap' }, options)
    await chmod(fetched, 0o755)
    const path = join(folder, 'bwrap')
    await rename(fetched, path)
    return path
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
