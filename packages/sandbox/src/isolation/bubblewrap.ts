import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SandboxError } from '@bailiwick/contract/world'
import { fetchProgram, userCacheDir } from '@bailiwick/debian'
import { findProgram, isProgram } from './find-program.ts'

/** The folder in the user's cache that holds a fetched bubblewrap. */
export function bubblewrapFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCacheDir(env), 'bailiwick', 'bubblewrap')
}

/**
 * Finds `bwrap`: first `BWRAP_BIN`, then `PATH`, then the user's cache. `PATH` comes before the cache because some
 * systems let only the installed bubblewrap create namespaces.
 *
 * @returns its path, or undefined if there is none
 * @throws SandboxError if `BWRAP_BIN` is set but is not the absolute path of an executable file
 */
export function findBubblewrap(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env.BWRAP_BIN
  if (!named) return findProgram('bwrap', env.PATH) ?? findProgram('bwrap', bubblewrapFolder(env))
  if (isProgram(named)) return named
  throw new SandboxError(
    `Expected BWRAP_BIN to be the absolute path of an executable file, found "${named}". Correct it or unset it.`,
  )
}

/** Options of {@link ensureBubblewrap}. */
export interface EnsureBubblewrapOptions {
  /** The environment that names the places to look in. Default: `process.env`. */
  env?: NodeJS.ProcessEnv
  /** Receives progress, one line at a time, for a person to read. */
  onProgress?(line: string): void
  /** Aborts the download. */
  signal?: AbortSignal
}

/**
 * Finds bubblewrap, or fetches it from the distribution's package into the user's cache, without root. Sandboxes that
 * are created afterwards find it there. It may still fail to work: some systems let no user create namespaces.
 *
 * @returns the path of `bwrap`
 * @throws AptError if the system is neither Debian nor Ubuntu, or apt cannot reach its mirror
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
