import { readFileSync } from 'node:fs'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxLimits } from '@bailiwick/contract/world'
import { childFiles } from '../isolation/child-files.ts'
import { BundleCache } from '../modules/bundle-cache.ts'
import { engineDigest } from '../parent/engine-digest.ts'
import { WorldSession } from '../parent/session.ts'
import { InlineBox } from './inline-box.ts'

/**
 * A sandbox without a sandbox: guest code runs in this process and on this thread. For tests of what
 * stands around it, never for code that you do not trust. Memory and CPU limits do not act.
 *
 * @example
 * await using sandbox = inlineSandbox()
 */
export function inlineSandbox(options: { limits?: Partial<SandboxLimits>; cacheDir?: string } = {}): Sandbox {
  const prelude = readFileSync(childFiles().prelude, 'utf8')
  const modules = new BundleCache(options.cacheDir)
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  return {
    isolation: 'inline',
    async open(world, signal) {
      signal?.throwIfAborted()
      const session = new WorldSession({
        world,
        limits: { ...limits, ...world.limits },
        take: () => new InlineBox(prelude, limits.memoryMb),
        modules,
        engine: () => engineDigest(childFiles()),
        left: () => {},
      })
      await session.start()
      return session
    },
    async [Symbol.asyncDispose]() {},
  }
}
