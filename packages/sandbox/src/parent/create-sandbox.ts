import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  DEFAULT_SANDBOX_LIMITS,
  type Sandbox,
  SandboxError,
  type SandboxLimits,
} from '@bailiwick/contract/world'
import { type ChildFiles, childFiles } from '../isolation/child-files.ts'
import { probeIsolation } from '../isolation/probe-isolation.ts'
import { BundleCache } from '../modules/bundle-cache.ts'
import { spawnChild } from './child-box.ts'
import { Pool } from './pool.ts'
import { startSession } from './session.ts'

/** Options of {@link createSandbox}. */
export interface SandboxOptions {
  /** The least isolation to accept. Without it, the sandbox uses the strongest that the machine offers. */
  requireIsolation?: 'process' | 'confined'
  /** How many worlds may be open at once. Others wait. Default: two per core, at least four. */
  pool?: number
  /** Limits of worlds that set none of their own. */
  limits?: Partial<SandboxLimits>
  /** Folder for the bundles of granted packages. Default: `bailiwick/modules` in the user's cache folder. */
  cacheDir?: string
}

/**
 * Creates a sandbox: a pool of guarded child processes for untrusted code, one per world.
 *
 * @throws SandboxError if no child can be started, or the machine offers less isolation than required
 * @example
 * await using sandbox = await createSandbox()
 * await using session = await sandbox.open({ inputs: { n: 20 }, functions: [], imports: [], seed: 's' })
 * const { preview } = await session.execute({ step: 1, code: 'n + 1', clock: Date.now() }, host)
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const modules = new BundleCache(options.cacheDir)
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  const { isolation, layers, notes } = await probeIsolation()
  if (options.requireIsolation === 'confined' && isolation !== 'confined') {
    throw new SandboxError(
      `Expected the isolation "confined", found "${isolation}": ${notes.join('; ') || 'no container works'}.`,
    )
  }
  const files = childFiles()
  let engine: string | undefined
  const digest = () => {
    engine ??= engineDigest(files)
    return engine
  }
  const { memoryMb, residentMb } = limits
  const start = () => spawnChild({ files, layers, memoryMb, residentMb })
  const pool = new Pool(start, options.pool)
  return {
    isolation,
    async open(world, signal) {
      await pool.enter(signal)
      const parts = {
        world,
        limits: { ...limits, ...world.limits },
        take: () => pool.take(),
        modules,
        engine: digest,
        left: () => pool.leave(),
      }
      return startSession(parts, signal)
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

/** Digest of everything that determines how a world runs: the runtime, V8, the child and its prelude. */
function engineDigest({ main, prelude }: ChildFiles): string {
  const hash = createHash('sha256').update(`${process.version} ${process.versions.v8}`)
  for (const file of [main, prelude]) hash.update(readFileSync(file))
  return hash.digest('base64url')
}
