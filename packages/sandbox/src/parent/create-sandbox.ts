import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxLimits } from '@bailiwick/core/contract'
import { childFiles } from './child-files.ts'
import { Pool } from './pool.ts'
import { WorldSession } from './session.ts'
import { spawnChild } from './spawn-child.ts'

export interface SandboxOptions {
  /** Worlds at once; the others wait. Default: two a core, at least four. */
  pool?: number
  /** Limits of every world that brings none of its own. */
  limits?: Partial<SandboxLimits>
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
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  const files = childFiles()
  const start = () =>
    spawnChild({ files, memoryMb: limits.memoryMb, wrap: (command) => command, maxText: limits.resultChars })
  const pool = new Pool(start, options.pool)
  return {
    isolation: 'process',
    async open(world, signal) {
      await pool.enter(signal)
      const session = new WorldSession({
        world,
        limits: { ...limits, ...world.limits },
        take: () => pool.take(),
        bundles: async (names) => names.map((name) => ({ name, refused: `"${name}" is not granted` })),
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
