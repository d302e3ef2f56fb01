import {
  DEFAULT_SANDBOX_LIMITS,
  type Sandbox,
  SandboxError,
  type SandboxLimits,
} from '@bailiwick/contract/world'
import { childFiles } from '../isolation/child-files.ts'
import { probeIsolation } from '../isolation/probe-isolation.ts'
import { BundleCache } from '../modules/bundle-cache.ts'
import { engineDigest } from './engine-digest.ts'
import { Pool } from './pool.ts'
import { WorldSession } from './session.ts'
import { spawnChild } from './spawn-child.ts'

export interface SandboxOptions {
  /** The least that this machine must give. Less is an error; without it, whatever there is gets used. */
  requireIsolation?: 'process' | 'confined'
  /** Worlds at once; the others wait. Default: two a core, at least four. */
  pool?: number
  /** Limits of every world that brings none of its own. */
  limits?: Partial<SandboxLimits>
  /** Folder for bundles of granted packages. Default: `bailiwick/modules` in the user's cache folder. */
  cacheDir?: string
}

/**
 * A pool of guarded child processes for untrusted code, one per world.
 *
 * @throws SandboxError where no child can be started, or the isolation is less than required
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
      `the sandbox must be confined and this machine gives ${isolation}: ${notes.join('; ') || 'no container works'}`,
    )
  }
  const files = childFiles()
  let engine: string | undefined
  const digest = () => {
    engine ??= engineDigest(files)
    return engine
  }
  const start = () => spawnChild({ files, layers, memoryMb: limits.memoryMb })
  const pool = new Pool(start, options.pool)
  return {
    isolation,
    async open(world, signal) {
      await pool.enter(signal)
      const session = new WorldSession({
        world,
        limits: { ...limits, ...world.limits },
        take: () => pool.take(),
        modules,
        engine: digest,
        left: () => pool.leave(),
      })
      try {
        await session.start()
        return session
      } catch (error) {
        await session[Symbol.asyncDispose]()
        throw error
      }
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
