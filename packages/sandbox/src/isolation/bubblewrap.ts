import { join } from 'node:path'
import { SandboxError } from '@bailiwick/contract/world'
import { userCacheDir } from '@bailiwick/debian'
import { findProgram, isProgram } from './find-program.ts'

/** Where a fetched bubblewrap is kept. */
export function bubblewrapFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCacheDir(env), 'bailiwick', 'bubblewrap')
}

/**
 * The path of `bwrap`: `BWRAP_BIN`, else `PATH` (a system may allow namespaces to its own one alone), else
 * the user's cache. Undefined where there is none.
 *
 * @throws SandboxError where `BWRAP_BIN` names nothing that can be run: it is refused, never passed over
 */
export function findBubblewrap(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env.BWRAP_BIN
  if (!named) return findProgram('bwrap', env.PATH) ?? findProgram('bwrap', bubblewrapFolder(env))
  if (isProgram(named)) return named
  throw new SandboxError(
    `BWRAP_BIN must be the absolute path of a bubblewrap that can be run; ${named} is not`,
  )
}
